from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from conftest import tone

from sonovae import survey


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
