"""Warnings of `sonovae check` about window and overlap."""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sonovae import params
from sonovae.project import Project
from sonovae.recordings import folder_check
from stages import fetch
from tests.making.projects import make_project
from tests.making.recordings import tone, voice

OWN = {"fetch__source": "folder", "fetch__folder": "data/own", "fetch__pattern": None}
WINDOW = (
    "preprocess.spectrogram.win_length = 256 samples are 32.0 ms, and four periods of the lowest"
    " pitch (100 Hz) are 40.0 ms: harmonics run together; set win_length and n_fft to 320, and"
    " preprocess.picture.bins to 80"
)
OVERLAP = (
    "preprocess.spectrogram.hop_length = 128 overlaps windows of win_length = 256 by 50 %, under"
    " 75 %: the inverse loses voicing; set hop_length to 64 (and preprocess.picture.frames to at"
    " least 63)"
)
LONGER = ", or to 80 (and preprocess.picture.frames to at least 50) with win_length = 320"
"""End of the line about the overlap if there is one about the window."""


def with_voices(root: Path, **changes: object) -> Path:
    """Return a project whose own folder holds two recordings of a voice at 100 Hz."""
    make_project(root, **OWN, fetch__min_recordings=1, **changes)
    (root / "data/own").mkdir()
    for seconds in (2, 3):
        soundfile.write(root / f"data/own/{seconds}.wav", voice(seconds, 100), 8000)
    return root


def crash(_: object) -> None:
    os._exit(3)


def hang(_: object) -> None:
    time.sleep(60)


def warnings(root: Path, caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what `check` logs, each line once."""
    caplog.clear()
    with caplog.at_level(logging.WARNING, "sonovae"):
        folder_check.check(root)
    return caplog.messages


def lock(root: Path) -> None:
    """Write the part of dvc.lock about fetch, as DVC would."""
    section = params.read_yaml(root / "params.yaml")["fetch"]
    stages = {"fetch": {"params": {"params.yaml": {"fetch": section}}}}
    Project(root).lock.write_text(params.yaml_text({"schema": "2.0", "stages": stages}))


def test_command_prints_both_and_succeeds(tmp_path: Path) -> None:
    root = with_voices(tmp_path)
    (root / "data/own/damaged.wav").write_text("no sound")
    (root / "data/own/truncated.wav").write_bytes((root / "data/own/2.wav").read_bytes()[:999])
    soundfile.write(root / "data/own/nan.wav", np.full(8000, np.nan), 8000, "FLOAT")
    environment = os.environ | {"PYTHONPATH": "src"}
    command = [sys.executable, "-m", "sonovae", "check"]
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stderr == f"warning: {WINDOW}\nwarning: {OVERLAP}{LONGER}\n"
    assert done.stdout == ""
    assert done.returncode == 0


def test_suggested_values_end_the_warnings(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = with_voices(tmp_path)
    assert warnings(root, caplog) == [WINDOW, OVERLAP + LONGER]
    window = {
        "preprocess.spectrogram.n_fft": 320,
        "preprocess.spectrogram.win_length": 320,
        "preprocess.picture.bins": 80,
    }
    hop = {"preprocess.spectrogram.hop_length": 64, "preprocess.picture.frames": 63}
    longer_hop = {"preprocess.spectrogram.hop_length": 80, "preprocess.picture.frames": 50}
    params.edit(root / "params.yaml", hop)
    assert warnings(root, caplog) == [WINDOW]
    params.edit(root / "params.yaml", window | hop)
    assert warnings(root, caplog) == []
    params.edit(root / "params.yaml", window | longer_hop)
    assert warnings(root, caplog) == []


def test_whistles_are_not_there_before_fetch(
    project: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert warnings(project, caplog) == [OVERLAP]


def test_fetched_recordings_count_if_they_are_those_of_the_settings(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = with_voices(tmp_path)
    fetch.main(root)
    lock(root)
    # What is in data/raw can be decoded: no other process is needed.
    monkeypatch.setattr(folder_check.sandbox, "each", None)
    assert warnings(root, caplog) == [WINDOW, OVERLAP + LONGER]
    params.edit(root / "params.yaml", {"fetch.source": "whistles"})
    assert warnings(root, caplog) == [OVERLAP]
    Project(root).lock.write_text("<<<<<<< HEAD\n")
    assert warnings(root, caplog) == [OVERLAP]


def test_high_tones_and_noise_need_no_longer_window(
    tmp_path: Path, rng: np.random.Generator, caplog: pytest.LogCaptureFixture
) -> None:
    root = make_project(tmp_path, **OWN)
    (root / "data/own").mkdir()
    soundfile.write(root / "data/own/a.wav", tone(3, 1000), 8000)
    assert warnings(root, caplog) == [OVERLAP]
    soundfile.write(root / "data/own/a.wav", rng.uniform(-0.5, 0.5, 30000), 8000)
    assert warnings(root, caplog) == [OVERLAP]


def test_nothing_is_measured_where_it_does_not_matter(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = {"n_fft": 1024, "win_length": 1024, "hop_length": 256}
    changes = {f"preprocess__spectrogram__{name}": value for name, value in frames.items()}
    root = with_voices(tmp_path, **changes)
    monkeypatch.setattr(folder_check.sandbox, "each", None)
    assert warnings(root, caplog) == []


@pytest.mark.parametrize("decoder", [crash, hang])
def test_decoder_that_crashes_or_hangs_does_not_stop_the_check(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    decoder: Callable[[object], None],
) -> None:
    root = with_voices(tmp_path)
    monkeypatch.setattr(folder_check.excerpts, "read_all", decoder)
    monkeypatch.setattr(folder_check, "MAX_SECONDS", 1)
    assert warnings(root, caplog) == [OVERLAP]


def test_images_have_no_pitch(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    picture = {"bins": None, "frames": None, "scaling": "fixed", "range": [0, 1]}
    picture |= {"size": [8, 8], "interpolation": "nearest", "mask_row": False}
    sections = {
        "preprocess__waveform": None,
        "preprocess__spectrogram": None,
        "preprocess__picture": picture,
    }
    root = make_project(tmp_path, **OWN, fetch__kind="image", **sections)
    (root / "data/own").mkdir()
    (root / "data/own/a.png").write_bytes(b"")
    assert warnings(root, caplog) == []
