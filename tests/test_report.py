"""The page that shows the recordings, and the numbers on it."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from conftest import make_project, tone, write_idx, write_tones

from sonovae import card, cli, listing, params, survey
from sonovae.errors import UserError
from stages import fetch, preprocess

OWN = {"fetch__source": "folder", "fetch__folder": "data/own", "fetch__pattern": None}


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_a_tones_power_lies_in_its_bin_whatever_the_rate(rate: int) -> None:
    power = survey.mean_power(tone(2, 1000, rate), rate, bin_hz=31.25)
    assert np.argmax(power) == 32
    assert len(power) == pytest.approx(rate / 2 / 31.25 + 1, abs=1)
    assert power.sum() == pytest.approx(0.5**2 / 2, rel=0.6)


def surveyed(tmp_path: Path, hz: float, rate: int, sample_rate: int = 16000, bins: int | None = 128) -> list[str]:
    """The misfits of one tone to parameters with bins of 31.25 Hz at 16 kHz."""
    soundfile.write(tmp_path / "a.wav", tone(2, hz, rate), rate)
    used = pd.DataFrame([{"path": "a.wav", "name": "a.wav", "sample_rate": rate}])
    return survey.misfits(survey.survey(tmp_path, used, sample_rate, 512, bins), used)


def test_what_fits_gets_no_warning(tmp_path: Path) -> None:
    assert surveyed(tmp_path, 1000, 16000) == []


def test_a_rate_above_the_recordings_leaves_bins_empty(tmp_path: Path) -> None:
    (line,) = surveyed(tmp_path, 1000, 8000)
    assert line.startswith(
        "1 of 1 recordings have a lower rate than preprocess.waveform.sample_rate = 16000 Hz, down to"
    )
    assert line.endswith("their bins above 4000 Hz are empty")


def test_a_rate_below_the_recordings_cuts_energy(tmp_path: Path) -> None:
    (line,) = surveyed(tmp_path, 11000, 44100)
    assert "cuts 100.0% of the recordings' energy, which lies above its Nyquist frequency, 8000 Hz" in line
    assert surveyed(tmp_path, 1000, 44100) == []


def test_bins_that_leave_energy_out(tmp_path: Path) -> None:
    (line,) = surveyed(tmp_path, 6000, 16000)
    assert line.startswith("preprocess.picture.bins reaches 3984 Hz and leaves out 100.0% of the energy below")
    assert surveyed(tmp_path, 6000, 16000, bins=None) == []


def page_of(root: Path) -> str:
    cli.data_report(root)
    return (root / "data/report.html").read_text()


def test_the_page_of_the_whistles(project: Path) -> None:
    with pytest.raises(
        UserError, match="data/raw/recordings.csv is not there: `make repro` fetches the recordings first"
    ):
        cli.data_report(project)
    fetch.main(project)
    assert "Some clips" not in page_of(project)
    preprocess.main(project)
    page = page_of(project)
    assert "<h1>Synthetic whistles</h1>" in page
    assert "36 recordings used" in page
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


def test_the_page_of_images(tmp_path: Path, rng: np.random.Generator) -> None:
    picture = {"bins": None, "frames": None, "scaling": "fixed", "range": [0, 1]}
    picture |= {"size": [8, 8], "interpolation": "nearest"}
    sections = {"preprocess__waveform": None, "preprocess__spectrogram": None, "preprocess__picture": picture}
    root = make_project(tmp_path, **OWN, fetch__kind="image", fetch__min_recordings=1, **sections)
    write_idx(root / "data/own/t-images-idx3-ubyte.gz", rng.integers(0, 256, (9, 8, 8)))
    fetch.main(root)
    preprocess.main(root)
    assert len(re.findall('src="data:image/png;base64,', page_of(root))) == 1


def test_each_dataset_that_a_recipe_names_has_a_card(project: Path) -> None:
    for path in sorted((project / "recipes").glob("*.yaml")):
        if path.stem in ("base", "genres"):
            continue
        cli.recipe(project, path.stem, force=True)
        found = card.of(project, params.load(project / "params.yaml").fetch)
        assert found
        assert found.licence
        assert found.citation


def test_a_card_belongs_to_its_files_in_a_folder_too(project: Path) -> None:
    cli.recipe(project, "voices", force=True)
    params.edit(project / "params.yaml", {"fetch.source": "folder"})
    found = card.of(project, params.load(project / "params.yaml").fetch)
    assert found
    assert found.title == "AudioMNIST"


def test_a_row_each(project: Path) -> None:
    fetch.main(project)
    table = listing.read(project / "data/raw/recordings.csv")
    page = page_of(project)
    for label in set(table["label"]):
        assert f"<td>{label}</td>" in page
