"""Phase for magnitudes that have none: phase gradient heap integration, then fast Griffin-Lim."""

import functools
import heapq
from dataclasses import dataclass
from functools import cached_property

import numba
import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.signal import get_window

from sonovae.arrays import Floats32, Floats64, Indices, Magnitude, Samples

Complex = NDArray[np.complex64]

WIDTH = {"hann": 0.258, "hamming": 0.304, "triang": 0.282, "boxcar": 0.857}
"""γ / win_length² of the Gaussian exp(−π t² / γ) nearest to each window in least squares.

No Gaussian is near to boxcar; its value was found by trial.
"""
LEAST = 1e-5
"""Share of the largest magnitude below which the phase is random, as its gradient is noise."""
TINY = np.float32(1e-16)
"""Keeps the division by an absolute value from being one by zero."""


@dataclass(frozen=True)
class Stft:
    """Short-time Fourier transform of `length` samples, in single precision; frames are rows.

    Equals librosa's with center=True and pad_mode="constant". Both directions work on [covered],
    the samples that the windows of all frames cover, which begin before the first of the sound.
    """

    n_fft: int
    hop_length: int
    win_length: int
    window: str
    length: int

    @cached_property
    def frames(self) -> int:
        """Number of frames."""
        return 1 + self.length // self.hop_length

    @cached_property
    def taper(self) -> Floats32:
        """Window [win_length]."""
        return np.asarray(get_window(self.window, self.win_length), np.float32)

    def forward(self, covered: Floats32) -> Complex:
        """Transform covered samples to a spectrum [frames, 1 + n_fft / 2]."""
        slices = np.lib.stride_tricks.sliding_window_view(covered, self.win_length)
        windowed = slices[: self.frames * self.hop_length : self.hop_length] * self.taper
        after = self.n_fft - self.win_length - self._margin
        # Single precision, unlike spectrogram.waveform_to_magnitude, halves the time of the
        # inverse, whose phases are estimates anyway.
        padded = _pad_columns(windowed, self._margin, after)
        return np.asarray(scipy.fft.rfft(padded, axis=1, overwrite_x=True))

    def inverse(self, spectrum: Complex) -> Floats32:
        """Invert `forward`: [frames, 1 + n_fft / 2] → covered samples, zero outside the sound."""
        whole = scipy.fft.irfft(spectrum, self.n_fft, axis=1)
        windowed = whole[:, self._margin : self._margin + self.win_length]
        windowed *= self.taper
        covered = self._overlap_add(windowed)
        covered /= self._weight
        covered[: self._start] = 0
        covered[self._start + self.length :] = 0
        return covered

    def samples(self, covered: Floats32) -> Samples:
        """View of the sound's samples [length] in covered samples."""
        return covered[self._start : self._start + self.length]

    @property
    def _margin(self) -> int:
        """Samples of a frame before its window, if that is shorter than n_fft."""
        return (self.n_fft - self.win_length) // 2

    @property
    def _start(self) -> int:
        """Index of the first sample in covered samples."""
        return self.n_fft // 2 - self._margin

    @cached_property
    def _weight(self) -> Floats32:
        """Sum of all squared windows, by which overlapping frames are divided."""
        total = self._overlap_add(np.tile(self.taper**2, (self.frames, 1)))
        return np.where(total > np.finfo(np.float32).tiny, total, 1)

    def _overlap_add(self, rows: Floats32) -> Floats32:
        """Add up [frames, win_length], each a hop after the previous."""
        hop = self.hop_length
        parts = -(-self.win_length // hop)
        padded = _pad_columns(rows, 0, parts * hop - self.win_length)
        # One hop more than the last frame needs, or its slice would be missing in `forward`.
        total = np.zeros((self.frames + parts, hop), np.float32)
        for part in range(parts):
            total[part : part + self.frames] += padded[:, part * hop : (part + 1) * hop]
        return total.reshape(-1)


stft = functools.lru_cache(maxsize=8)(Stft)
"""Return the transform of some lengths, shared by callers with its cached window and weights."""


def griffin_lim(
    magnitude: Magnitude,
    transform: Stft,
    iterations: int,
    momentum: float,
    seed: int,
) -> Samples:
    """Invert magnitudes [1 + n_fft / 2, frames] to samples [length].

    Fast Griffin-Lim (Perraudin, Balazs and Søndergaard 2013), starting from integrated phases.
    """
    wanted = np.ascontiguousarray(magnitude.T, np.float32)
    phases = integrate(magnitude, transform, seed)
    spectrum = wanted * np.exp(1j * phases.T).astype(np.complex64)
    previous = np.zeros_like(spectrum)
    step = np.complex64(momentum / (1 + momentum))
    for _ in range(iterations):
        consistent = transform.forward(transform.inverse(spectrum))
        # In place: consistent - step · previous, the next estimate but for its scale.
        previous *= -step
        previous += consistent
        spectrum = previous * (wanted / (np.abs(previous) + TINY))
        previous = consistent
    return transform.samples(transform.inverse(spectrum))


def integrate(magnitude: Magnitude, transform: Stft, seed: int) -> Floats64:
    """Phases [1 + n_fft / 2, frames] in radians by phase gradient heap integration.

    The phase's gradient follows from that of the log magnitude, exactly for a Gaussian window, and
    is summed up from the loudest places on (Průša, Balazs and Søndergaard 2017).
    """
    hop = transform.hop_length
    n_fft = transform.n_fft
    gamma = WIDTH[transform.window] * transform.win_length**2
    loudest = max(float(magnitude.max()), float(np.finfo(np.float32).tiny))
    logs = np.log(np.maximum(magnitude.astype(float), LEAST * loudest))
    bins = np.arange(len(magnitude))[:, np.newaxis]
    along_time = _slope(logs, 0) * hop * n_fft / gamma + 2 * np.pi * hop * bins / n_fft
    # π, as frames begin half of their length before their middle.
    along_bins = np.pi - _slope(logs, 1) * gamma / (hop * n_fft)
    order = np.argsort(-logs.ravel(), kind="stable")
    start = np.random.default_rng(seed).uniform(0, 2 * np.pi, logs.shape)
    least = np.log(LEAST * loudest)
    return np.asarray(_integrate(logs, along_time, along_bins, order, start, least))


def _pad_columns(rows: Floats32, before: int, after: int) -> Floats32:
    if before or after:
        return np.pad(rows, ((0, 0), (before, after)))
    return rows


def _slope(values: Floats64, axis: int) -> Floats64:
    if values.shape[axis] == 1:
        return np.zeros_like(values)
    return np.gradient(values, axis=axis)


@numba.njit(cache=True, nogil=True)
def _integrate(
    logs: Floats64,
    along_time: Floats64,
    along_bins: Floats64,
    order: Indices,
    start: Floats64,
    least: float,
) -> Floats64:
    """Replace the phases in `start` wherever the log magnitude is above `least`.

    From each place, the loudest neighbour of what is known follows next.
    """
    bins, frames = logs.shape
    phase = start.copy()
    known = np.zeros(logs.shape, np.bool_)
    for place in order:
        k = place // frames
        t = place % frames
        if known[k, t] or logs[k, t] <= least:
            continue
        known[k, t] = True
        heap = [(-logs[k, t], k, t)]
        while len(heap) > 0:
            _, k, t = heapq.heappop(heap)
            for dk, dt in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                i = k + dk
                j = t + dt
                if i < 0 or j < 0 or i >= bins or j >= frames or known[i, j] or logs[i, j] <= least:
                    continue
                slope_bins = along_bins[k, t] + along_bins[i, j]
                slope_time = along_time[k, t] + along_time[i, j]
                phase[i, j] = phase[k, t] + 0.5 * (dk * slope_bins + dt * slope_time)
                known[i, j] = True
                heapq.heappush(heap, (-logs[i, j], i, j))
    return phase
