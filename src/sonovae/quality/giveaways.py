"""Words for what gives new sounds away: which frequencies are louder or quieter."""

import librosa
import numpy as np

from sonovae.arrays import Floats32
from sonovae.features.spectrograms import MEL_BANDS

CLEAR = 0.5
"""Difference in standard deviations of recordings from which a band is named (Cohen's medium)."""


def bands(real: Floats32, new: Floats32, sample_rate: int) -> str:
    """Name the frequencies at which new sounds differ most in level; empty if none is clear.

    Log-mel statistics [N, 3 bands] of recordings and [M, 3 bands] of new sounds, whose first third
    are the bands' mean levels.
    """
    n = MEL_BANDS // 2
    gap = new[:, :n].mean(axis=0) - real[:, :n].mean(axis=0)
    effect = gap / np.maximum(real[:, :n].std(axis=0), 1e-3)
    strongest = int(np.abs(effect).argmax())
    if abs(effect[strongest]) < CLEAR:
        return ""
    first, last = _run(np.sign(effect[strongest]) * effect >= CLEAR, strongest)
    edges = librosa.mel_frequencies(MEL_BANDS + 2, fmin=0, fmax=sample_rate / 2, htk=True)
    low = edges[2 * first]
    high = edges[2 * last + 3]
    decibels = float(gap[first : last + 1].mean())
    word = "louder" if decibels > 0 else "quieter"
    return f"{word} by {abs(decibels):.0f} dB {_between(low, high, sample_rate / 2)}"


def _run(flags: np.ndarray, within: int) -> tuple[int, int]:
    """Return the ends of the run of true flags around a place."""
    first = within
    while first > 0 and flags[first - 1]:
        first -= 1
    last = within
    while last + 1 < len(flags) and flags[last + 1]:
        last += 1
    return first, last


def _between(low: float, high: float, nyquist: float) -> str:
    if high >= 0.95 * nyquist:
        return f"above {_hz(low)}"
    if low <= 0.05 * nyquist:
        return f"below {_hz(high)}"
    return f"between {_hz(low)} and {_hz(high)}"


def _hz(hz: float) -> str:
    return f"{hz / 1000:.1f} kHz" if hz >= 1000 else f"{round(hz, -1):.0f} Hz"
