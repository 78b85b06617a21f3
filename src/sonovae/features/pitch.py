"""Fundamental frequency of each frame of a sound, and how periodic the frame is."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.fft
import scipy.signal
from numpy.lib.stride_tricks import sliding_window_view

from sonovae.arrays import Flags, Floats64, Samples

FRAME_SECONDS = 0.05
"""Length of a frame: three periods of the lowest pitch, as Boersma 1993 asks for."""
HOP_SECONDS = 0.01
LOWEST_HZ = 60.0
"""Lowest pitch that a frame can hold."""
VOICED = 0.5
"""Least autocorrelation of a voiced frame; Praat's default is 0.45."""
AUDIBLE_DB = 30.0
"""Decibels below the loudest frame of a sound within which a frame may be voiced."""
OCTAVE_COST = 0.01
"""Loss of autocorrelation for each octave that a candidate is lower (Boersma 1993, default)."""
LOUD_DB = 10.0
"""Decibels below the loudest frame of a sound within which a frame is loud."""
OVERSAMPLING = 4
"""Lags of the autocorrelation per sample. With one, a peak between two samples is too low, and a
multiple of the period that is near a sample wins: the pitch jumps to a sub-octave."""
SURE = 0.9
"""Autocorrelation from which a frame counts for the pitch range of recordings."""
FEWEST_FRAMES = 100
"""Fewest such frames that have a range."""
MARGIN = 2.0
"""Factor by which pitches may leave the middle 90 %: an octave, so that octave errors show."""


@dataclass(frozen=True)
class Range:
    """Lowest and highest pitch in Hz."""

    lowest: float
    highest: float


@dataclass(frozen=True)
class Track:
    """Pitch in Hz, autocorrelation at its period and RMS level in dBFS, [frames] each.

    The autocorrelation is 0 where there is no peak, and at most 1 - 1e-6.
    """

    hz: Floats64
    strength: Floats64
    level: Floats64

    @property
    def loud(self) -> Flags:
        """Frames within `LOUD_DB` of the loudest, [frames]."""
        return np.asarray(self.level >= self.level.max() - LOUD_DB)

    @property
    def audible(self) -> Flags:
        """Frames within `AUDIBLE_DB` of the loudest, [frames]."""
        return np.asarray(self.level >= self.level.max() - AUDIBLE_DB)

    @property
    def voiced(self) -> Flags:
        """Audible frames that are periodic."""
        return np.asarray(self.audible & (self.strength >= VOICED))


def widest(sample_rate: int) -> Range:
    """Return all pitches that can be told at a sample rate."""
    return Range(LOWEST_HZ, sample_rate / 4)


def track(samples: Samples, sample_rate: int, pitches: Range) -> Track:
    """Estimate the pitch of samples [n], a frame each `HOP_SECONDS`.

    Peaks of the normalised autocorrelation, divided by that of the window (Boersma 1993).
    """
    frames = framed(samples, sample_rate)
    rms = np.sqrt(np.square(frames).mean(axis=1))
    level = 20 * np.log10(np.maximum(rms, 1e-5))
    curves = _autocorrelation(frames)
    hz, strength = _best_peak(curves, sample_rate * OVERSAMPLING, pitches)
    return Track(hz, strength, level)


def framed(samples: Samples, sample_rate: int) -> Floats64:
    """Cut samples [n] into overlapping frames [frames, length] of `FRAME_SECONDS`."""
    length = round(FRAME_SECONDS * sample_rate)
    hop = round(HOP_SECONDS * sample_rate)
    padded = np.pad(samples.astype(float), (0, max(0, length - len(samples))))
    return sliding_window_view(padded, length)[::hop]


def range_of(sounds: Iterable[Samples], sample_rate: int) -> Range | None:
    """Return the range of pitch of recordings [n] each; None if they have hardly any."""
    middle = middle_of(sounds, sample_rate)
    if middle is None:
        return None
    most = widest(sample_rate)
    lowest = max(most.lowest, middle.lowest / MARGIN)
    return Range(lowest, min(most.highest, middle.highest * MARGIN))


def middle_of(sounds: Iterable[Samples], sample_rate: int) -> Range | None:
    """Return the middle 90 % of pitches of recordings [n] each; None if they have hardly any."""
    pitches = []
    for samples in sounds:
        own = track(samples, sample_rate, widest(sample_rate))
        pitches.append(own.hz[own.loud & (own.strength >= SURE)])
    hz = np.concatenate([np.zeros(0), *pitches])
    if len(hz) < FEWEST_FRAMES:
        return None
    lowest, highest = np.quantile(hz, [0.05, 0.95])
    return Range(float(lowest), float(highest))


def _autocorrelation(frames: Floats64) -> Floats64:
    """Normalised autocorrelation [frames, lags], with `OVERSAMPLING` lags a sample."""
    length = frames.shape[1]
    window = scipy.signal.get_window("hann", length)
    centred = (frames - frames.mean(axis=1, keepdims=True)) * window
    curves = _correlate(centred)
    energy = np.maximum(curves[:, :1], 1e-12)
    return curves / energy / _window_curve(length)


@lru_cache(maxsize=8)
def _window_curve(length: int) -> Floats64:
    window = scipy.signal.get_window("hann", length)
    curve = _correlate(window[np.newaxis])[0]
    return curve / curve[0]


def _correlate(frames: Floats64) -> Floats64:
    """Autocorrelation at lags up to a third of a frame, where the window's is still large."""
    length = frames.shape[1]
    # Twice the length, so that the end does not wrap to the beginning.
    size = scipy.fft.next_fast_len(2 * length, real=True)
    power = np.abs(scipy.fft.rfft(frames, size, axis=1)) ** 2
    # A longer inverse transform interpolates.
    curves = scipy.fft.irfft(power, size * OVERSAMPLING, axis=1)
    return curves[:, : length * OVERSAMPLING // 3 + 2]


def _best_peak(curves: Floats64, lags_per_second: int, pitches: Range) -> tuple[Floats64, Floats64]:
    """Return the frequency [frames] in Hz and the height [frames] of the best peak of each curve.

    Both are 0 where there is no peak.
    """
    first = max(1, math.floor(lags_per_second / pitches.highest))
    last = min(curves.shape[1] - 2, math.ceil(lags_per_second / pitches.lowest))
    lags = np.arange(first, last + 1)
    left = curves[:, first - 1 : last]
    middle = curves[:, first : last + 1]
    right = curves[:, first + 1 : last + 2]
    is_peak = (middle > left) & (middle >= right) & (middle > 0)
    # A parabola through three points finds the top of a peak, between lags. Tops are compared, not
    # points: else a sub-octave would win whose peak is nearer to a lag.
    slope = (right - left) / 2
    bend = right + left - 2 * middle
    shift = np.divide(-slope, bend, out=np.zeros(middle.shape), where=is_peak & (bend < 0))
    tops = middle + slope * shift / 2
    cost = OCTAVE_COST * np.log2(lags * pitches.lowest / lags_per_second)
    best = np.where(is_peak, tops - cost, -np.inf).argmax(axis=1)
    rows = np.arange(len(curves))
    exists = is_peak[rows, best]
    height = tops[rows, best]
    hz = lags_per_second / (lags[best] + shift[rows, best])
    strength = np.clip(height, 0, 1 - 1e-6)
    return np.where(exists, hz, 0.0), np.where(exists, strength, 0.0)
