"""The page that shows the recordings, and the numbers on it."""

import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sonovae import params
from sonovae.console import data_report
from sonovae.errors import UserError
from sonovae.recordings import recordings_table
from stages import fetch, preprocess
from tests.making.projects import make_project
from tests.making.recordings import tone, voice, write_idx, write_tones

OWN = {"fetch__source": "folder", "fetch__folder": "data/own", "fetch__pattern": None}


def page_of(root: Path) -> str:
    data_report.write(root)
    return (root / "data/report.html").read_text()


def test_the_page_of_the_whistles(project: Path) -> None:
    with pytest.raises(
        UserError,
        match="data/raw/recordings.csv is not there: `make repro` fetches the recordings first",
    ):
        data_report.write(project)
    fetch.main(project)
    assert "Some clips" not in page_of(project)
    preprocess.main(project)
    page = page_of(project)
    assert "<h1>Synthetic whistles</h1>" in page
    assert "24 recordings used" in page
    for title in (
        "Lengths",
        "Levels",
        "Mean power",
        "Some clips, as the model sees them",
        "By label",
        "Clips by split",
    ):
        assert title in page
    assert len(re.findall('src="data:image/png;base64,', page)) == 4
    assert not re.findall('(?:src|href)="http', page)


def test_the_page_shows_what_is_wrong_and_runs_nothing(tmp_path: Path) -> None:
    root = make_project(tmp_path, **OWN, fetch__min_recordings=1, fetch__max_skip_fraction=1.0)
    write_tones(root / "data/own", 3)
    (root / "data/own/<script>alert(1)<").mkdir()
    (root / "data/own/<script>alert(1)</x.wav").write_text("no sound")
    soundfile.write(root / "data/own/loud.wav", 4 * tone(1, 700), 8000, "FLOAT")
    fetch.main(root)
    page = page_of(root)
    assert "There is no data card" in page
    assert "&lt;script&gt;alert(1)&lt;/x.wav" in page
    assert "<script" not in page
    assert "it is a table or text" in page
    assert "peaks at 2, over full scale" in page


def test_pitch_and_what_does_not_resolve_it(tmp_path: Path) -> None:
    root = make_project(tmp_path, **OWN, fetch__min_recordings=1)
    (root / "data/own").mkdir()
    for hz in (100, 110):
        soundfile.write(root / f"data/own/{hz}.wav", voice(2, hz), 8000)
    fetch.main(root)
    page = page_of(root)
    assert "<p>Pitch of 2 recordings: 100 to 110 Hz (middle 90 %).</p>" in page
    assert "four periods of the lowest pitch (100 Hz) are 40.0 ms: harmonics run together" in page
    assert "by 50 %, under 75 %: the inverse loses voicing; set hop_length to 64" in page
    frames = {"n_fft": 320, "win_length": 320, "hop_length": 80}
    values = {f"preprocess.spectrogram.{name}": value for name, value in frames.items()}
    params.edit(root / "params.yaml", values | {"preprocess.picture.frames": None})
    page = page_of(root)
    assert "<p>Pitch of 2" in page
    assert "harmonics run together" not in page
    assert "under 75 %" not in page


def test_noise_has_hardly_any_pitch(tmp_path: Path, rng: np.random.Generator) -> None:
    root = make_project(tmp_path, **OWN, fetch__min_recordings=1)
    (root / "data/own").mkdir()
    soundfile.write(root / "data/own/a.wav", rng.uniform(-0.5, 0.5, 30000), 8000)
    fetch.main(root)
    page = page_of(root)
    assert "<p>Pitch of 1 recordings: hardly any.</p>" in page
    assert "harmonics run together" not in page


def test_the_page_of_images(tmp_path: Path, rng: np.random.Generator) -> None:
    picture = {"bins": None, "frames": None, "scaling": "fixed", "range": [0, 1]}
    picture |= {"size": [8, 8], "interpolation": "nearest", "mask_row": False}
    sections = {
        "preprocess__waveform": None,
        "preprocess__spectrogram": None,
        "preprocess__picture": picture,
    }
    root = make_project(tmp_path, **OWN, fetch__kind="image", fetch__min_recordings=1, **sections)
    write_idx(root / "data/own/t-images-idx3-ubyte.gz", rng.integers(0, 256, (9, 8, 8)))
    fetch.main(root)
    preprocess.main(root)
    page = page_of(root)
    assert len(re.findall('src="data:image/png;base64,', page)) == 1
    assert "Pitch" not in page


def test_a_row_each(project: Path) -> None:
    fetch.main(project)
    table = recordings_table.read(project / "data/raw/recordings.csv")
    page = page_of(project)
    for label in set(table["label"]):
        assert f"<td>{label}</td>" in page


def test_the_page_is_of_what_was_fetched_last(project: Path) -> None:
    """preprocess's table is of the fetch before, and holds the same files."""
    for stage in (fetch, preprocess):
        stage.main(project)
    assert "rise" in page_of(project)
    params.edit(project / "params.yaml", {"fetch.only": {"label": "fall|rise"}})
    fetch.main(project)
    assert "12 recordings used" in page_of(project)
