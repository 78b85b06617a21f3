"""Shapes and ranges of the spectrograms that are compared, and that the level does not matter."""

import numpy as np
import pytest

from sonovae.features import sound_features, spectrograms
from tests.making import voices

RATES = (8000, 16_000, 22_050)


def vowel(sample_rate: int) -> np.ndarray:
    rng = np.random.default_rng(3)
    hz = voices.contour(140, sample_rate // 2, sample_rate, 0.01, rng)
    return voices.vowel(hz, sample_rate, voices.VOWELS[1], 15, rng)


@pytest.mark.parametrize("sample_rate", RATES)
def test_log_mel_has_64_bands_from_minus_60_to_0(sample_rate: int) -> None:
    values = spectrograms.log_mel(vowel(sample_rate), sample_rate)
    hop = round(spectrograms.HOP_SECONDS * sample_rate)
    assert values.shape == (64, 1 + sample_rate // 2 // hop)
    assert values.dtype == np.float32
    assert values.max() == 0
    assert values.min() > -60.001


@pytest.mark.parametrize("sample_rate", RATES)
def test_no_band_is_empty(sample_rate: int, rng: np.random.Generator) -> None:
    noise = rng.standard_normal(sample_rate).astype(np.float32)
    assert spectrograms.log_mel(noise, sample_rate).mean(axis=1).min() > -40


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("highest_hz", [500, 2000, 4000])
def test_fine_has_bins_of_21_hz_from_0_to_1(highest_hz: float, sample_rate: int) -> None:
    values = spectrograms.fine(vowel(sample_rate), sample_rate, highest_hz)
    bins = 1 + highest_hz * spectrograms.FINE_WINDOW_SECONDS
    assert values.shape[0] == pytest.approx(bins, abs=1)
    assert values.dtype == np.float32
    assert values.max() == pytest.approx(1)
    assert values.min() >= 0


def test_a_tone_is_where_its_frequency_is() -> None:
    sound = voices.sine(voices.steady(1000, 0.5, 8000), 8000)
    middle = spectrograms.fine(sound, 8000, 4000)[:, 30]
    assert middle.argmax() == round(1000 * spectrograms.FINE_WINDOW_SECONDS)


def test_fine_compresses_20_db_to_a_half() -> None:
    sound = voices.sine(voices.steady(1000, 1, 8000), 8000)
    sound[4000:] /= 10
    values = spectrograms.fine(sound, 8000, 4000).max(axis=0)
    assert values[30] == pytest.approx(1, abs=0.01)
    assert values[95] == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("gain", [0.1, 0.003])
def test_the_level_does_not_matter(gain: float) -> None:
    sound = vowel(8000)
    quiet = np.float32(gain) * sound
    one, other = (spectrograms.log_mel(own, 8000) for own in (sound, quiet))
    np.testing.assert_allclose(one, other, atol=1e-3)
    one, other = (spectrograms.fine(own, 8000, 3000) for own in (sound, quiet))
    np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("length", [0, 1, 50, 4000])
def test_silence_is_finite(length: int) -> None:
    silence = np.zeros(length, np.float32)
    np.testing.assert_array_equal(spectrograms.fine(silence, 8000, 3000), 0)
    values = spectrograms.log_mel(silence, 8000)
    assert np.ptp(values) == 0
    assert np.isfinite(values).all()


def test_highest_frequency_holds_most_of_the_energy(rng: np.random.Generator) -> None:
    tones = [voices.sine(voices.steady(hz, 0.5, 8000), 8000) for hz in (400, 1000, 2000)]
    assert spectrograms.highest_hz(tones, 8000) == pytest.approx(2000, abs=100)
    # A quiet recording counts as much as a loud one.
    assert spectrograms.highest_hz([*tones[:2], tones[2] / 1000], 8000) > 1900
    noise = rng.standard_normal(8000).astype(np.float32)
    assert 3900 < spectrograms.highest_hz([noise], 8000) <= 4000
    assert spectrograms.highest_hz([np.zeros(4000, np.float32)], 8000) <= 4000


@pytest.mark.parametrize("length", [0, 40, 100, 8000])
def test_mel_statistics_of_any_length(length: int) -> None:
    sounds = [vowel(8000)[:length], np.zeros(length, np.float32)]
    statistics = sound_features.mel_statistics(sounds, 8000)
    assert statistics.shape == (2, 96)
    assert np.isfinite(statistics).all()
    np.testing.assert_array_equal(statistics[1, 32:], 0)
