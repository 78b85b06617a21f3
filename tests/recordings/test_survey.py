import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from scipy.signal import welch

from sonovae.codec import sound_files
from sonovae.recordings import survey
from tests.making.recordings import tone


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_a_tones_power_lies_in_its_bin_whatever_the_rate(rate: int) -> None:
    power = survey.mean_power([tone(2, 1000, rate)], rate, bin_hz=31.25)
    assert np.argmax(power) == 32
    assert len(power) == pytest.approx(rate / 2 / 31.25 + 1, abs=1)
    assert power.sum() == pytest.approx(0.5**2 / 2, rel=0.6)


@pytest.mark.parametrize("n", [5000, 512, 511, 100, 1])
@pytest.mark.parametrize("size", [5000, 700, 256, 33])
def test_blocks_have_the_power_of_the_whole(rng: np.random.Generator, n: int, size: int) -> None:
    samples = rng.normal(size=n).astype(np.float32)
    blocks = [samples[i : i + size] for i in range(0, n, size)]
    whole = np.pad(samples, (0, max(0, 512 - n)))
    wanted = welch(whole, 16000, nperseg=512, scaling="spectrum")[1]
    np.testing.assert_allclose(
        survey.mean_power(blocks, 16000, 31.25), wanted, rtol=1e-4, atol=1e-9
    )


def test_a_recordings_length_and_level(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound_files, "BLOCK", 1000)
    soundfile.write(tmp_path / "a.wav", tone(2), 8000, "FLOAT")
    found = survey.measure(tmp_path / "a.wav", 20.0)
    assert found.seconds == 2
    assert found.level == pytest.approx(10 * np.log10(np.mean(np.square(tone(2)))), abs=1e-5)
    soundfile.write(tmp_path / "b.wav", np.zeros(5), 8000)
    assert survey.measure(tmp_path / "b.wav", 20.0).level == -100


def test_length_costs_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five minutes, which as a whole would be 9.6 MB of samples, and five times that on the way."""
    monkeypatch.setattr(sound_files, "BLOCK", 1 << 16)
    soundfile.write(tmp_path / "a.wav", np.tile(tone(3), 100), 8000)
    survey.measure(tmp_path / "a.wav", 31.25)  # what is loaded once
    tracemalloc.start()
    found = survey.measure(tmp_path / "a.wav", 31.25)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.seconds == 300
    assert peak < 6e6


def surveyed(
    tmp_path: Path, hz: float, rate: int, sample_rate: int = 16000, bins: int | None = 128
) -> list[str]:
    """The misfits of one tone to parameters with bins of 31.25 Hz at 16 kHz."""
    soundfile.write(tmp_path / "a.wav", tone(2, hz, rate), rate)
    used = pd.DataFrame([{"path": "a.wav", "name": "a.wav", "sample_rate": rate}])
    return survey.misfits(survey.survey(tmp_path, used, sample_rate, 512, bins), used)


def test_what_fits_gets_no_warning(tmp_path: Path) -> None:
    assert surveyed(tmp_path, 1000, 16000) == []


def test_a_rate_above_the_recordings_leaves_bins_empty(tmp_path: Path) -> None:
    (line,) = surveyed(tmp_path, 1000, 8000)
    assert line.startswith(
        "1 of 1 recordings have a lower rate than "
        "preprocess.waveform.sample_rate = 16000 Hz, down to"
    )
    assert line.endswith("their bins above 4000 Hz are empty")


def test_a_rate_below_the_recordings_cuts_energy(tmp_path: Path) -> None:
    (line,) = surveyed(tmp_path, 11000, 44100)
    assert (
        "cuts 100.0% of the recordings' energy, which lies above its Nyquist frequency, 8000 Hz"
        in line
    )
    assert surveyed(tmp_path, 1000, 44100) == []


def test_bins_that_leave_energy_out(tmp_path: Path) -> None:
    (line,) = surveyed(tmp_path, 6000, 16000)
    assert line.startswith(
        "preprocess.picture.bins reaches 3984 Hz and leaves out 100.0% of the energy below"
    )
    assert surveyed(tmp_path, 6000, 16000, bins=None) == []
