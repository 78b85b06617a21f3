"""Waveform ↔ magnitudes of the short-time Fourier transform ↔ mel bands, decibels."""

from functools import lru_cache
from typing import Any, TypedDict

import librosa
import numpy as np
import scipy.fft
import scipy.signal
from scipy import sparse

from sonovae.arrays import (
    Floats,
    Floats32,
    Floats64,
    Magnitude,
    Samples,
    Spectrogram,
)
from sonovae.codec import phase

FLOOR = 1e-5
"""Magnitude at which decibels end: -100 dB, as librosa has it."""

MEL_STEPS = 100
"""Gradient steps to the energies of bins; librosa's solver takes ten times as long or more."""


class Frames(TypedDict):
    """Lengths of the transform in samples, and its window by scipy's name."""

    n_fft: int
    hop_length: int
    win_length: int
    window: str


def waveform_to_magnitude(samples: Samples, frames: Frames) -> Magnitude:
    """Transform samples [n] to magnitudes [1 + n_fft / 2, 1 + n / hop_length] of centred frames.

    Equals abs(librosa.stft) with zeros beyond the ends to the last bit, up to three times as fast.
    """
    n_fft = frames["n_fft"]
    hop_length = frames["hop_length"]
    ends = np.zeros(n_fft // 2, np.float32)
    padded = np.concatenate([ends, samples, ends])
    # This is the view that sliding_window_view makes, which takes 27 times as long.
    shape = (1 + (len(padded) - n_fft) // hop_length, n_fft)
    strides = (hop_length * padded.itemsize, padded.itemsize)
    slices = np.ndarray(shape, padded.dtype, padded, strides=strides)
    # Double precision, unlike phase.Stft: rounding next to a loud bin would drown quiet ones,
    # which decibels show. One transform for both would change results in their last bits.
    windowed = slices * _centred_window(n_fft, frames["win_length"], frames["window"])
    spectrum = scipy.fft.rfft(windowed, axis=1, overwrite_x=True)
    return np.ascontiguousarray(np.abs(spectrum.astype(np.complex64)).T)


def magnitude_to_waveform(
    magnitude: Magnitude,
    frames: Frames,
    length: int,
    *,
    iterations: int,
    momentum: float,
    seed: int,
) -> Samples:
    """Invert `waveform_to_magnitude` by fast Griffin-Lim: [1 + n_fft / 2, frames] to [length].

    The seed decides the phase where magnitudes are too small to do so.
    """
    stft = phase.stft(**frames, length=length)
    return phase.griffin_lim(magnitude, stft, iterations, momentum, seed)


@lru_cache(maxsize=4)
def _centred_window(n_fft: int, win_length: int, window: str) -> Floats64:
    """Window [n_fft], zero-padded on both sides to the length of a frame."""
    before = (n_fft - win_length) // 2
    after = n_fft - win_length - before
    return np.pad(scipy.signal.get_window(window, win_length), (before, after))


def magnitude_to_mel(magnitude: Magnitude, sample_rate: int, bands: int) -> Magnitude:
    """Convert magnitudes [1 + n_fft / 2, frames] to roots of mel bands' energy [bands, frames]."""
    energy = librosa.feature.melspectrogram(S=magnitude**2, sr=sample_rate, n_mels=bands)
    return np.sqrt(energy).astype(np.float32)


def mel_to_magnitude(mel: Magnitude, sample_rate: int, n_fft: int) -> Magnitude:
    """Invert `magnitude_to_mel` as far as bands tell: [bands, frames] to [1 + n_fft / 2, frames].

    Minimises ‖W x − b‖² over energies x ≥ 0 of bins, b being those of the bands, by accelerated
    projected gradients (Beck and Teboulle 2009, FISTA).
    """
    weights, transposed, inverse, step = _mel_filters(sample_rate, n_fft, len(mel))
    target = transposed @ mel**2
    energy = np.maximum(inverse @ mel**2, 0)
    ahead = energy
    t = 1.0
    for _ in range(MEL_STEPS):
        gradient = transposed @ (weights @ ahead) - target
        previous = energy
        energy = np.maximum(ahead - step * gradient, 0)
        t_previous = t
        t = (1 + np.sqrt(1 + 4 * t**2)) / 2
        ahead = energy + np.float32((t_previous - 1) / t) * (energy - previous)
    return np.sqrt(energy)


@lru_cache(maxsize=4)
def _mel_filters(sample_rate: int, n_fft: int, bands: int) -> tuple[Any, Any, Floats32, Any]:
    """Return W [bands, bins], its transpose, its pseudo-inverse, and the solver's step."""
    dense = librosa.filters.mel(sr=sample_rate, n_fft=n_fft, n_mels=bands).astype(np.float32)
    inverse = np.linalg.pinv(dense).astype(np.float32)
    # One over the largest eigenvalue of WᵀW: the longest step that never overshoots.
    step = np.float32(1 / np.linalg.norm(dense, 2) ** 2)
    # Sparse, as a bin lies in at most two bands.
    return sparse.csr_array(dense), sparse.csr_array(dense.T), inverse, step


def magnitude_to_db(magnitude: Magnitude) -> Spectrogram:
    """Convert magnitudes of any shape to decibels, 20 log10, at least -100 dB."""
    # librosa.amplitude_to_db computes this, but its module takes longer to load than most folders
    # of recordings to analyse.
    power = np.maximum(magnitude**2, np.float32(FLOOR**2))
    return (10 * np.log10(power)).astype(np.float32)


def db_to_magnitude(decibels: Spectrogram) -> Magnitude:
    """Invert `magnitude_to_db`, for decibels of any shape."""
    return np.asarray(librosa.db_to_amplitude(decibels, ref=1.0), np.float32)


def compress(magnitude: Magnitude, power: float) -> Spectrogram:
    """Raise magnitudes [bins, frames] to a power: 0.3 is about that of loudness."""
    return np.asarray(magnitude**power, np.float32)


def expand(compressed: Spectrogram, power: float) -> Magnitude:
    """Invert `compress`, for values [bins, frames] ≥ 0."""
    return np.asarray(compressed ** (1 / power), np.float32)


def spectral_convergence_db(magnitude: Magnitude, samples: Samples, frames: Frames) -> float:
    """Spectral convergence between magnitudes [1 + n_fft / 2, frames] and those of samples [n]."""
    return float(convergence_db(magnitude, waveform_to_magnitude(samples, frames)))


def convergence_db(magnitude: Floats, estimate: Floats) -> Any:
    """Spectral convergence 20 log10(‖S − Ŝ‖ / ‖S‖) in dB; lower is better.

    Takes magnitudes S and Ŝ [..., bins, frames], of any precision, and returns [...] in double.
    """
    wanted = magnitude.astype(float)
    error = np.linalg.norm(wanted - estimate, axis=(-2, -1))
    size = np.linalg.norm(wanted, axis=(-2, -1))
    return 20 * np.log10(np.maximum(error, 1e-12) / np.maximum(size, 1e-12))
