"""Sounds that are wrong in one known way: controls that a score must mark.

Each function takes samples [n] of a recording and returns as many.
"""

import numpy as np
import scipy.ndimage
import scipy.signal
from numpy.random import Generator

from sonovae.arrays import Floats32, Floats64, Samples

WINDOW_SECONDS = 0.023
"""Window of the transform whose phase is replaced: short, so that it keeps no harmonics."""
PULSE_HZ = 110.0
"""Rate of the pulse train, the pitch of a low voice."""
BLUR = (4.0, 2.0)
"""Standard deviations of the blur in bins and frames."""
NOISE_DB = 6.0
"""Standard deviation of the noise that is added to each magnitude."""
PIECE_SECONDS = 0.08
"""Length of the pieces that are shuffled: shorter than a syllable, longer than a period."""
QUIETER_DB = 12.0


def whispered(samples: Samples, sample_rate: int, rng: Generator) -> Samples:
    """Keep the magnitudes of samples [n], and take the phase of white noise."""
    return _with_phase(samples, rng.standard_normal(len(samples)), sample_rate)


def buzzing(samples: Samples, sample_rate: int, rng: Generator) -> Samples:
    """Keep the magnitudes of samples [n], and take the phase of a pulse train."""
    pulses = np.zeros(len(samples))
    pulses[:: round(sample_rate / PULSE_HZ)] = 1
    return _with_phase(samples, pulses, sample_rate)


def blurred(samples: Samples, sample_rate: int, rng: Generator) -> Samples:
    """Smooth the magnitudes in decibels over bins and frames, and keep the phase."""
    spectrum = _transform(samples, sample_rate)
    decibels = scipy.ndimage.gaussian_filter(_decibels(spectrum), BLUR)
    return _inverse(_scaled(spectrum, decibels), sample_rate, samples)


def noised(samples: Samples, sample_rate: int, rng: Generator) -> Samples:
    """Add noise to the magnitudes in decibels, and keep the phase."""
    spectrum = _transform(samples, sample_rate)
    decibels = _decibels(spectrum) + NOISE_DB * rng.standard_normal(spectrum.shape)
    return _inverse(_scaled(spectrum, decibels), sample_rate, samples)


def shuffled(samples: Samples, sample_rate: int, rng: Generator) -> Samples:
    """Put short pieces of samples [n] in random order."""
    length = round(PIECE_SECONDS * sample_rate)
    n = max(1, len(samples) // length)
    pieces = np.array_split(samples, n)
    return np.concatenate([pieces[i] for i in rng.permutation(n)])


def quieter(samples: Samples, sample_rate: int, rng: Generator) -> Samples:
    """Lower the level by `QUIETER_DB` dB."""
    return samples * np.float32(10 ** (-QUIETER_DB / 20))


DEGRADED = {
    function.__name__: function
    for function in (whispered, buzzing, blurred, noised, shuffled, quieter)
}
"""The controls by name."""


def _with_phase(samples: Samples, other: Floats64, sample_rate: int) -> Samples:
    magnitude = np.abs(_transform(samples, sample_rate))
    phase = np.exp(1j * np.angle(_transform(other, sample_rate)))
    return _inverse(magnitude * phase, sample_rate, samples)


def _stft(sample_rate: int) -> scipy.signal.ShortTimeFFT:
    length = round(WINDOW_SECONDS * sample_rate)
    window = scipy.signal.get_window("hann", length)
    return scipy.signal.ShortTimeFFT(window, hop=length // 2, fs=sample_rate)


def _transform(samples: Floats32 | Floats64, sample_rate: int) -> np.ndarray:
    stft = _stft(sample_rate)
    # A clip must fill a window.
    missing = max(0, stft.m_num - len(samples))
    return stft.stft(np.pad(samples.astype(float), (0, missing)))


def _inverse(spectrum: np.ndarray, sample_rate: int, original: Samples) -> Samples:
    """Return samples [n] that are as long and as loud (RMS) as the original [n]."""
    stft = _stft(sample_rate)
    whole = stft.istft(spectrum, k1=max(len(original), stft.m_num))
    samples = whole[: len(original)].real.astype(np.float32)
    gain = np.linalg.norm(original) / max(float(np.linalg.norm(samples)), 1e-9)
    return samples * np.float32(gain)


def _decibels(spectrum: np.ndarray) -> Floats64:
    return 20 * np.log10(np.maximum(np.abs(spectrum), 1e-6))


def _scaled(spectrum: np.ndarray, decibels: Floats64) -> np.ndarray:
    phase = np.exp(1j * np.angle(spectrum))
    return 10 ** (decibels / 20) * phase
