"""Fast modulations are of the level, fine ones of harmonics; blur takes both away."""

import numpy as np
import pytest
import scipy.ndimage

from sonovae.features import modulation, spectrograms
from tests.making import voices

SECONDS = np.arange(8000) / 8000


def log_mel(sound: np.ndarray) -> np.ndarray:
    return spectrograms.log_mel(voices.peaking(sound, 0.5), 8000)


def fine(sound: np.ndarray) -> np.ndarray:
    return spectrograms.fine(voices.peaking(sound, 0.5), 8000, 4000)


def test_energy_by_hand() -> None:
    """Of a wave of amplitude a, half of a², or a² if it alternates; slower ones do not count."""
    frames = np.arange(80)
    for cycles, energy in [(0.5, 4), (0.4, 2), (0.25, 2), (0.2, 0), (0, 0)]:
        wave = np.tile(2 * np.cos(2 * np.pi * cycles * frames), (5, 1)).astype(np.float32)
        assert modulation.fast(wave) == pytest.approx(energy, abs=1e-6)
        assert modulation.fine(wave) == pytest.approx(0, abs=1e-6)
    for cycles, energy in [(0.25, 2), (0.1, 0)]:
        wave = np.tile(2 * np.cos(2 * np.pi * cycles * frames), (5, 1)).astype(np.float32)
        assert modulation.fine(wave.T) == pytest.approx(energy, abs=1e-6)


def test_amplitude_modulation_at_50_hz_is_fast(rng: np.random.Generator) -> None:
    noise = rng.standard_normal(8000)
    slow, fast = (noise * (1 + 0.9 * np.sin(2 * np.pi * hz * SECONDS)) for hz in (3, 50))
    assert modulation.fast(log_mel(fast)) > 1.3 * modulation.fast(log_mel(noise))
    assert modulation.fast(log_mel(fast)) > 1.3 * modulation.fast(log_mel(slow))


def test_harmonics_are_fine(rng: np.random.Generator) -> None:
    noise = rng.standard_normal(8000)
    pulses = voices.harmonics(voices.steady(140, 1, 8000), 8000)
    assert modulation.fine(fine(pulses)) > 3 * modulation.fine(fine(noise))


def test_blur_lowers_both(rng: np.random.Generator) -> None:
    hz = voices.contour(200, 8000, 8000, 0.01, rng)
    sound = voices.vowel(hz, 8000, voices.VOWELS[0], 10, rng)
    sound = sound * (1 + 0.9 * np.sin(2 * np.pi * 50 * SECONDS))
    for measure, values in ((modulation.fast, log_mel(sound)), (modulation.fine, fine(sound))):
        blurred = scipy.ndimage.gaussian_filter(values, 1.5)
        assert measure(blurred) < 0.2 * measure(values)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1)])
def test_a_single_row_or_column_and_a_constant(shape: tuple[int, int]) -> None:
    constant = np.full(shape, 0.5, np.float32)
    assert modulation.fast(constant) == pytest.approx(0, abs=1e-9)
    assert modulation.fine(constant) == pytest.approx(0, abs=1e-9)
