"""Spectrograms that hold what is heard, the same for any codec: log-mel, and a fine one."""

from collections.abc import Sequence
from functools import lru_cache

import librosa
import numpy as np

from sonovae.arrays import Floats32, Floats64, Samples
from sonovae.codec import spectrogram
from sonovae.codec.spectrogram import Frames

HOP_SECONDS = 0.008
MEL_WINDOW_SECONDS = 0.032
"""Window of the log-mel spectrogram: an ear's resolution in time, as speech recognition has it."""
MEL_BANDS = 64
MEL_RANGE_DB = 60.0
"""Decibels below the loudest band of a sound that the log-mel spectrogram keeps."""
FINE_WINDOW_SECONDS = 0.048
"""Window of the fine spectrogram: four periods of 83 Hz, so that harmonics are apart."""
FINE_POWER = 0.3
"""Exponent of its magnitudes, about that of loudness (Stevens 1957)."""
MOST_ENERGY = 0.999
"""Share of the recordings' energy that lies below the fine spectrogram's highest bin."""


def log_mel(samples: Samples, sample_rate: int) -> Floats32:
    """Decibels below the loudest band [bands, frames] of samples [n], from -60 to 0."""
    magnitude = _magnitude(samples, sample_rate, MEL_WINDOW_SECONDS)
    power = _mel_filters(sample_rate, 2 * (len(magnitude) - 1)) @ magnitude**2
    loudest = max(float(power.max()), 1e-12)
    decibels = 10 * np.log10(np.maximum(power / loudest, 10 ** (-MEL_RANGE_DB / 10)))
    return decibels.astype(np.float32)


def fine(samples: Samples, sample_rate: int, highest_hz: float) -> Floats32:
    """Compressed magnitudes [bins, frames] of samples [n] up to a frequency, from 0 to 1."""
    magnitude = _magnitude(samples, sample_rate, FINE_WINDOW_SECONDS)
    kept = magnitude[: _bins(sample_rate, highest_hz)]
    return ((kept / max(float(kept.max()), 1e-6)) ** FINE_POWER).astype(np.float32)


def highest_hz(sounds: Sequence[Samples], sample_rate: int) -> float:
    """Return the frequency below which most energy of recordings [n] each lies."""
    total: Floats64 = np.zeros(1)
    for samples in sounds:
        power = _magnitude(samples, sample_rate, FINE_WINDOW_SECONDS).astype(float) ** 2
        # Each recording counts alike.
        total = total + power.sum(axis=1) / max(float(power.sum()), 1e-12)
    below = np.cumsum(total) / max(float(total.sum()), 1e-12)
    bins = 1 + int(np.searchsorted(below, MOST_ENERGY))
    return min(sample_rate / 2, bins * sample_rate / (2 * (len(total) - 1)))


def _bins(sample_rate: int, hz: float) -> int:
    n_fft = _even(FINE_WINDOW_SECONDS * sample_rate)
    return min(n_fft // 2 + 1, 1 + round(hz * n_fft / sample_rate))


def _magnitude(samples: Samples, sample_rate: int, window_seconds: float) -> Floats32:
    n_fft = _even(window_seconds * sample_rate)
    frames = Frames(
        n_fft=n_fft,
        hop_length=round(HOP_SECONDS * sample_rate),
        win_length=n_fft,
        window="hann",
    )
    return spectrogram.waveform_to_magnitude(samples, frames)


def _even(samples: float) -> int:
    return 2 * round(samples / 2)


@lru_cache(maxsize=4)
def _mel_filters(sample_rate: int, n_fft: int) -> Floats32:
    # At low rates the lowest bands would be narrower than a bin, and empty.
    filters = librosa.filters.mel(sr=sample_rate, n_fft=n_fft, n_mels=MEL_BANDS, htk=True)
    return np.asarray(filters, np.float32)
