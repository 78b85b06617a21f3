"""Phase for magnitudes that have none: phase gradient heap integration, then fast Griffin-Lim."""

import functools
import heapq
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numba
import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.signal import get_window

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Complex = NDArray[np.complex64]

WIDTH = {"hann": 0.258, "hamming": 0.304, "triang": 0.282, "boxcar": 0.857}
"""γ / win_length² of the Gaussian exp(−π t² / γ) that comes nearest to each window in least squares, and for boxcar,
which none comes near to, what works as well as any."""
LEAST = 1e-5
"""Of the largest magnitude: below it the phase is drawn at random, as it says nothing."""
TINY = np.float32(1e-16)


@dataclass(frozen=True)
class Stft:
    """The short-time Fourier transform of `length` samples as librosa has it with center=True and pad_mode="constant",
    and its way back, in single precision; frames are rows here."""

    n_fft: int
    hop_length: int
    win_length: int
    window: str
    length: int

    @cached_property
    def frames(self) -> int:
        """How many there are."""
        return 1 + self.length // self.hop_length

    @cached_property
    def taper(self) -> Floats:
        """[win_length]: the window."""
        return np.asarray(get_window(self.window, self.win_length), np.float32)

    @property
    def _margin(self) -> int:
        """Samples before the window in each frame, where it is shorter than that."""
        return (self.n_fft - self.win_length) // 2

    @property
    def _start(self) -> int:
        """Where the samples begin in what the windows of all frames cover."""
        return self.n_fft // 2 - self._margin

    @cached_property
    def _weight(self) -> Floats:
        """The sum of all squared windows, by which overlapping frames are divided."""
        total = self._overlap_add(np.tile(self.taper**2, (self.frames, 1)))
        return np.where(total > np.finfo(np.float32).tiny, total, 1)

    def forward(self, covered: Floats) -> Complex:
        """What the windows of all frames cover → [frames, 1 + n_fft / 2]."""
        slices = np.lib.stride_tricks.sliding_window_view(covered, self.win_length)
        windowed = slices[: self.frames * self.hop_length : self.hop_length] * self.taper
        rest = self.n_fft - self.win_length - self._margin
        return np.asarray(
            scipy.fft.rfft(_padded(windowed, self._margin, rest), axis=1, overwrite_x=True)
        )

    def back(self, spectrum: Complex) -> Floats:
        """[frames, 1 + n_fft / 2] → what the windows cover, zero outside the samples."""
        windowed = scipy.fft.irfft(spectrum, self.n_fft, axis=1)[
            :, self._margin : self._margin + self.win_length
        ]
        windowed *= self.taper
        covered = self._overlap_add(windowed)
        covered /= self._weight
        covered[: self._start] = 0
        covered[self._start + self.length :] = 0
        return covered

    def samples(self, covered: Floats) -> Floats:
        """[length] of what the windows cover."""
        return covered[self._start : self._start + self.length]

    def _overlap_add(self, rows: Floats) -> Floats:
        """[frames, win_length], a hop apart → their sum."""
        parts = -(-self.win_length // self.hop_length)
        padded = _padded(rows, 0, parts * self.hop_length - self.win_length)
        # A hop more than the last frame needs, or its slice of win_length would be missing in `forward`.
        total = np.zeros((self.frames + parts, self.hop_length), np.float32)
        for part in range(parts):
            total[part : part + self.frames] += padded[
                :, part * self.hop_length : (part + 1) * self.hop_length
            ]
        return total.reshape(-1)


stft = functools.lru_cache(maxsize=8)(Stft)
"""The same for the same lengths, with what it has worked out."""


def griffin_lim(magnitude: Floats, to: Stft, iterations: int, momentum: float, seed: int) -> Floats:
    """[1 + n_fft / 2, frames] magnitudes → [length] samples, by fast Griffin-Lim (Perraudin, Balazs and Søndergaard
    2013) from integrated phases."""
    wanted = np.ascontiguousarray(magnitude.T, np.float32)
    spectrum = wanted * np.exp(1j * integrated(magnitude, to, seed).T).astype(np.complex64)
    before = np.zeros_like(spectrum)
    step = np.complex64(momentum / (1 + momentum))
    for _ in range(iterations):
        after = to.forward(to.back(spectrum))
        before *= -step
        before += after
        before, spectrum = after, before * (wanted / (np.abs(before) + TINY))
    return to.samples(to.back(spectrum))


def integrated(magnitude: Floats, to: Stft, seed: int) -> Doubles:
    """[1 + n_fft / 2, frames] radians by phase gradient heap integration (Průša, Balazs and Søndergaard 2017): the
    gradient of the phase follows from that of the logarithm of the magnitude, exactly for a Gaussian window, and is
    summed up from the loudest places on."""
    hop, n_fft = to.hop_length, to.n_fft
    gamma = WIDTH[to.window] * to.win_length**2
    loudest = max(float(magnitude.max()), float(np.finfo(np.float32).tiny))
    logs = np.log(np.maximum(magnitude.astype(float), LEAST * loudest))
    bins = np.arange(len(magnitude))[:, np.newaxis]
    along_time = _slope(logs, 0) * hop * n_fft / gamma + 2 * np.pi * hop * bins / n_fft
    along_bins = np.pi - _slope(logs, 1) * gamma / (
        hop * n_fft
    )  # π, as frames begin half of them before their middle
    order = np.argsort(-logs.ravel(), kind="stable")
    start = np.random.default_rng(seed).uniform(0, 2 * np.pi, logs.shape)
    return np.asarray(
        _integrate(logs, along_time, along_bins, order, start, np.log(LEAST * loudest))
    )


def _padded(rows: Floats, before: int, after: int) -> Floats:
    return np.pad(rows, ((0, 0), (before, after))) if before or after else rows


def _slope(values: Doubles, axis: int) -> Doubles:
    return np.gradient(values, axis=axis) if values.shape[axis] > 1 else np.zeros_like(values)


@numba.njit(cache=True, nogil=True)
def _integrate(
    logs: Doubles,
    along_time: Doubles,
    along_bins: Doubles,
    order: Any,
    start: Doubles,
    least: float,
) -> Doubles:
    """`start` with all phases replaced whose magnitude's logarithm is above `least`, the loudest neighbour of what is
    known next."""
    bins, frames = logs.shape
    phase = start.copy()
    known = np.zeros(logs.shape, np.bool_)
    for place in order:
        k, t = place // frames, place % frames
        if known[k, t] or logs[k, t] <= least:
            continue
        known[k, t] = True
        heap = [(-logs[k, t], k, t)]
        while len(heap) > 0:
            _, k, t = heapq.heappop(heap)
            for dk, dt in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                i, j = k + dk, t + dt
                if i < 0 or j < 0 or i >= bins or j >= frames or known[i, j] or logs[i, j] <= least:
                    continue
                slope = dk * (along_bins[k, t] + along_bins[i, j]) + dt * (
                    along_time[k, t] + along_time[i, j]
                )
                phase[i, j] = phase[k, t] + 0.5 * slope
                known[i, j] = True
                heapq.heappush(heap, (-logs[i, j], i, j))
    return phase
