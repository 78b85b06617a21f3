"""A model's folder suffices to reconstruct, vary and make sounds; each file has its origin."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from sonovae.codec import sound_files
from sonovae.console import cli, inspection
from sonovae.errors import UserError
from sonovae.generation import item_files, sounds, studio
from sonovae.generation.studio import Studio
from sonovae.model import saved_model
from sonovae.params.sections import GriffinLim
from stages import fetch, preprocess, prior, train
from tests.making.projects import make_project
from tests.making.recordings import tone

FEW = GriffinLim(iterations=4, momentum=0.99)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a model and nothing else but its parameters."""
    root = make_project(tmp_path_factory.mktemp("studio"))
    for stage in (fetch, preprocess, train, prior):
        stage.main(root)
    for name in ("raw", "pictures"):
        shutil.rmtree(root / "data" / name)
    return root


@pytest.fixture(scope="module")
def at_hand(root: Path) -> Studio:
    return studio.load(root / "data/model", FEW, seed=1)


@pytest.mark.parametrize("seconds", [0.2, 0.496, 1.2])
@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_a_file_of_any_length_is_reconstructed(
    at_hand: Studio, tmp_path: Path, seconds: float, suffix: str
) -> None:
    sound_files.write(tmp_path / "in.wav", tone(seconds, sample_rate=16000), 16000)
    out = tmp_path / f"out.{suffix}"
    at_hand.reconstruct_file(tmp_path / "in.wav", out)
    samples, rate = sound_files.read(out)
    assert rate == 8000
    assert len(samples) / rate == pytest.approx(seconds, abs=0.1 if suffix == "mp3" else 0.001)
    assert np.abs(samples).max() > 0.01
    assert soundfile.info(out).format == {"ogg": "OGG"}.get(suffix, suffix.upper())


def test_new_sounds_are_the_seeds_and_of_the_label(
    root: Path, at_hand: Studio, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        sounds.save(at_hand.generate(3, "rise"), tmp_path / name)
    other = studio.load(root / "data/model", FEW, seed=2)
    sounds.save(other.generate(3, "rise"), tmp_path / "other")
    bytes_of = {
        name: (tmp_path / name / "sound_002.wav").read_bytes() for name in ("one", "two", "other")
    }
    assert bytes_of["one"] == bytes_of["two"] != bytes_of["other"]
    assert len(list((tmp_path / "one").glob("sound_*.png"))) == 3
    assert (tmp_path / "one/gallery.html").is_file()
    assert len(pd.read_csv(tmp_path / "one/index.csv")) == 3
    said = item_files.read_provenance(tmp_path / "one/sound_002.wav")
    assert (said["label"], said["seed"], said["row_of_z"]) == ("rise", 1, 1)
    assert said["model"] == saved_model.load(root / "data/model").id
    assert "generated" in said["made_by"]


def test_variations_are_nearer_to_the_clip_the_colder(at_hand: Studio, tmp_path: Path) -> None:
    sound_files.write(tmp_path / "in.wav", tone(0.5, sample_rate=8000), 8000)
    sounds.save(at_hand.vary(tmp_path / "in.wav", 2, temperature=0.0), tmp_path / "cold")
    sounds.save(at_hand.vary(tmp_path / "in.wav", 2, temperature=1.0), tmp_path / "warm")
    cold, warm = (
        [sound_files.read(tmp_path / name / f"sound_00{n}.wav")[0] for n in (1, 2)]
        for name in ("cold", "warm")
    )
    # Levels are those of random recordings, and files round to 2^-15.
    alike = [samples / np.abs(samples).max() for samples in cold]
    np.testing.assert_allclose(*alike, atol=1e-3)
    apart = [samples / np.abs(samples).max() for samples in warm]
    assert np.abs(apart[0] - apart[1]).max() > 0.1


def test_what_cannot_be_done_is_said_in_a_line(root: Path, at_hand: Studio, tmp_path: Path) -> None:
    (tmp_path / "noise.wav").write_bytes(b"no sound at all")
    with pytest.raises(UserError, match=r"noise.wav: not a sound file"):
        at_hand.reconstruct_file(tmp_path / "noise.wav", tmp_path / "out.wav")
    assert not (tmp_path / "out.wav").exists()
    with pytest.raises(UserError, match="generate.label = 'polka': the model knows fall, rise"):
        at_hand.generate(2, "polka")
    with pytest.raises(UserError, match="exists: name a folder that does not exist yet"):
        sounds.save(at_hand.generate(2), tmp_path)
    with pytest.raises(UserError, match="holds no model"):
        studio.load(tmp_path, FEW, seed=1)
    sound_files.write(tmp_path / "in.wav", tone(), 8000)
    with pytest.raises(UserError, match=r"out.doc: the extension must be wav, flac, ogg or mp3"):
        at_hand.reconstruct_file(tmp_path / "in.wav", tmp_path / "out.doc")


@pytest.mark.parametrize("kind", ["flac", "ogg", "mp3"])
def test_sounds_are_exported_with_what_they_say(at_hand: Studio, tmp_path: Path, kind: str) -> None:
    sounds.save(at_hand.generate(2, "rise"), tmp_path / "new")
    inspection.export(tmp_path / "new", kind, tmp_path / kind)
    files = sorted((tmp_path / kind).iterdir())
    assert [file.name for file in files] == [f"sound_001.{kind}", f"sound_002.{kind}"]
    assert (
        item_files.read_provenance(files[1])
        == item_files.read_provenance(tmp_path / "new/sound_002.wav")
        != {}
    )
    assert sound_files.read(files[1])[1] == 8000
    with pytest.raises(UserError, match="exists"):
        inspection.export(tmp_path / "new", kind, tmp_path / kind)
    sound_files.write(tmp_path / "new/odd.wav", tone(), 10007)
    with pytest.raises(UserError, match="odd.mp3: mp3 cannot hold 10007 Hz"):
        inspection.export(tmp_path / "new", "mp3", tmp_path / "odd")
    assert not (tmp_path / "odd").exists()
    with pytest.raises(UserError, match="holds no WAV files"):
        inspection.export(tmp_path / kind, kind, tmp_path / "none")


@pytest.mark.parametrize(
    "words",
    [
        "--n 0",
        "--n many",
        "--seed -1",
        "--temperature nan",
        "--temperature -1",
        "--iterations 0",
        "--momentum 1",
    ],
)
def test_a_number_that_cannot_be_is_refused(
    words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["sonovae", "generate", "--out", "new", *words.split()])
    with pytest.raises(SystemExit, match="2"):
        cli.main()
    assert f"Invalid value for '{words.split()[0]}': " in capsys.readouterr().err


def test_whence(
    root: Path,
    at_hand: Studio,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sounds.save(at_hand.generate(1, temperature=0.5), tmp_path / "new")
    inspection.whence(root, str(tmp_path / "new/sound_001.wav"))
    said, _, run = capsys.readouterr().out.rpartition("}")
    assert json.loads(said + "}")["temperature"] == 0.5
    assert run.strip().startswith("MLflow run ")
    assert run.strip().endswith("no commit's dvc.lock holds it")
    inspection.whence(tmp_path, str(tmp_path / "new/sound_001.wav"))
    assert "MLflow knows no run of this model here" in capsys.readouterr().out
    assert not (tmp_path / "mlruns").exists()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    inspection.whence(tmp_path, str(tmp_path / "new/sound_001.wav"))
    assert "MLflow cannot be asked: " in capsys.readouterr().out
    sound_files.write(tmp_path / "own.wav", tone(), 8000)
    with pytest.raises(
        UserError, match="holds no metadata of sonovae: only files that sonovae generated"
    ):
        inspection.whence(root, str(tmp_path / "own.wav"))


def test_show_draws_a_sound_and_says_its_numbers(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sound_files.write(tmp_path / "a.wav", tone(0.7, sample_rate=16000), 16000)
    inspection.show(root, tmp_path / "a.wav", tmp_path / "a.png", {"hop_length": 32})
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
    said = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())
    assert (said["n_fft"], said["hop_length"], said["sample_rate"], said["seconds"]) == (
        "256",
        "32",
        "16000",
        "0.7",
    )
    with pytest.raises(UserError, match="win_length"):
        inspection.show(root, tmp_path / "a.wav", tmp_path / "b.png", {"win_length": 4096})
