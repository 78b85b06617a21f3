"""Waveform ↔ magnitude of the short-time Fourier transform ↔ mel bands, decibels: each way beside its way back."""

from functools import lru_cache
from typing import Any, TypedDict

import librosa
import numpy as np
import scipy.fft
import scipy.signal
from numpy.typing import NDArray
from scipy import sparse

from sonovae.codec import phase
from sonovae.codec.waveform import Samples

Magnitude = NDArray[np.float32]

FLOOR = 1e-5
"""The magnitude at which decibels end: -100 dB."""

MEL_STEPS = 100
"""Towards the energies of bins; librosa's solver comes as near in ten times as long and more."""


class Frames(TypedDict):
    """Lengths in samples, and a window as scipy names it: what both ways of the transform share."""

    n_fft: int
    hop_length: int
    win_length: int
    window: str


def waveform_to_magnitude(samples: Samples, frames: Frames) -> Magnitude:
    """[n] samples → [1 + n_fft / 2, 1 + n / hop_length] magnitudes ≥ 0, centred frames, zeros beyond the ends: those
    of librosa.stft to the last bit, which takes up to three times as long. In double precision, as decibels of what is
    quiet beside a loud bin need it."""
    n_fft, hop_length = frames["n_fft"], frames["hop_length"]
    ends = np.zeros(n_fft // 2, np.float32)
    padded = np.concatenate([ends, samples, ends])
    # The view that sliding_window_view makes, which takes 27 times as long.
    shape, step = (1 + (len(padded) - n_fft) // hop_length, n_fft), padded.itemsize
    slices = np.ndarray(shape, padded.dtype, padded, strides=(hop_length * step, step))
    spectrum = scipy.fft.rfft(
        slices * _taper(n_fft, frames["win_length"], frames["window"]), axis=1, overwrite_x=True
    )
    return np.ascontiguousarray(np.abs(spectrum.astype(np.complex64)).T)


@lru_cache(maxsize=4)
def _taper(n_fft: int, win_length: int, window: str) -> NDArray[np.float64]:
    """[n_fft]: the window, in the middle of a frame."""
    margin = (n_fft - win_length) // 2
    return np.pad(
        scipy.signal.get_window(window, win_length), (margin, n_fft - win_length - margin)
    )


def magnitude_to_waveform(
    magnitude: Magnitude,
    frames: Frames,
    length: int,
    *,
    iterations: int,
    momentum: float,
    seed: int,
) -> Samples:
    """[1 + n_fft / 2, T] magnitudes → [length] samples, whose phase is recovered; the seed decides it where nothing
    else does."""
    return phase.griffin_lim(
        magnitude, phase.stft(**frames, length=length), iterations, momentum, seed
    )


def magnitude_to_mel(magnitude: Magnitude, sample_rate: int, bands: int) -> Magnitude:
    """[1 + n_fft / 2, T] magnitudes → [bands, T]: the root of the energy in each band of Slaney's mel scale."""
    energy = librosa.feature.melspectrogram(S=magnitude**2, sr=sample_rate, n_mels=bands)
    return np.sqrt(energy).astype(np.float32)


def mel_to_magnitude(mel: Magnitude, sample_rate: int, n_fft: int) -> Magnitude:
    """The door back from `magnitude_to_mel`: the energies x ≥ 0 of [1 + n_fft / 2, T] bins whose bands come nearest to
    these b, ‖W x − b‖² → min, by accelerated projected gradients (Beck and Teboulle 2009, FISTA); how a band's energy
    lies within it is not known."""
    bands, transposed, inverse, rate = _mel_bands(sample_rate, n_fft, len(mel))
    wanted = transposed @ mel**2
    x = ahead = np.maximum(inverse @ mel**2, 0)
    t = 1.0
    for _ in range(MEL_STEPS):
        before, x = x, np.maximum(ahead - rate * (transposed @ (bands @ ahead) - wanted), 0)
        t, last = (1 + np.sqrt(1 + 4 * t**2)) / 2, t
        ahead = x + np.float32((last - 1) / t) * (x - before)
    return np.sqrt(x)


@lru_cache(maxsize=4)
def _mel_bands(sample_rate: int, n_fft: int, bands: int) -> tuple[Any, Any, Magnitude, np.float32]:
    """W [bands, bins] and its transpose, sparse, as a bin lies in two bands at most; W's pseudo-inverse; and how far a
    gradient may be followed, one over the largest eigenvalue of WᵀW."""
    dense = librosa.filters.mel(sr=sample_rate, n_fft=n_fft, n_mels=bands).astype(np.float32)
    found = (
        sparse.csr_array(dense),
        sparse.csr_array(dense.T),
        np.linalg.pinv(dense).astype(np.float32),
    )
    return *found, np.float32(1 / np.linalg.norm(dense, 2) ** 2)


def magnitude_to_db(magnitude: Magnitude) -> NDArray[np.float32]:
    """20 log10 of magnitudes, from -100 dB up: librosa.amplitude_to_db's, whose rooms take longer to load than most
    folders of recordings to analyse."""
    return (10 * np.log10(np.maximum(magnitude**2, np.float32(FLOOR**2)))).astype(np.float32)


def db_to_magnitude(decibels: NDArray[np.float32]) -> Magnitude:
    """The door back from `magnitude_to_db`."""
    return np.asarray(librosa.db_to_amplitude(decibels, ref=1.0), np.float32)


def spectral_convergence_db(magnitude: Magnitude, samples: Samples, frames: Frames) -> float:
    """How far the samples' magnitudes are from those wanted."""
    return float(convergence_db(magnitude, waveform_to_magnitude(samples, frames)))


def convergence_db(
    wanted: Magnitude | NDArray[np.float64], found: Magnitude | NDArray[np.float64]
) -> Any:
    """Of magnitudes S and Ŝ [..., bins, frames], [...]: 20 log10(‖S − Ŝ‖ / ‖S‖), in double precision; lower is
    better."""
    one = wanted.astype(float)
    error, size = (np.linalg.norm(each, axis=(-2, -1)) for each in (one - found, one))
    return 20 * np.log10(np.maximum(error, 1e-12) / np.maximum(size, 1e-12))
