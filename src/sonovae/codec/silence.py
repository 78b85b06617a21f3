"""Silences of a recording, defined as pydub defines them."""

import numpy as np

from sonovae.arrays import Floats64, Indices
from sonovae.codec.waveform import Track

SEARCHED_MS = 20_000
"""Milliseconds searched for silence at once: more would cost memory and save no time."""


def nonsilent(
    samples: Track, sample_rate: int, min_seconds: float, threshold_dbfs: float
) -> list[tuple[int, int]]:
    """Ranges (start, end) in samples that remain when silences are cut, in order.

    Silence is what `pydub.silence.detect_nonsilent` with `seek_step=1` means by it: any window of
    `min_seconds` whose RMS, in 16-bit integers, is at most `threshold_dbfs`.
    """
    window = round(1000 * min_seconds)
    threshold = 10 ** (threshold_dbfs / 20) * 2**15
    total = round(1000 * len(samples) / sample_rate)
    if total < window:
        return [(0, len(samples))]
    per_ms = sample_rate / 1000
    sounding = np.ones(total, np.bool_)
    for first in range(0, total - window + 1, SEARCHED_MS):
        last = min(first + SEARCHED_MS, total - window + 1)
        edges = (np.arange(first, last + window) * per_ms).astype(np.int64)
        is_silent = _rms(samples, edges, window) <= threshold
        # Each millisecond is in the windows that begin up to `window` before it.
        n_silent = np.cumsum(np.pad(is_silent, (0, window - 1)), dtype=np.int64)
        n_silent[window:] -= n_silent[:-window]
        sounding[first : last + window - 1] &= n_silent == 0
    changes = np.flatnonzero(np.diff(sounding, prepend=False, append=False))
    # The last range ends at the last sample, which need not be a whole millisecond.
    return [
        (int(start * per_ms), len(samples) if end == total else int(end * per_ms))
        for start, end in changes.reshape(-1, 2).tolist()
    ]


def _rms(samples: Track, edges: Indices, window: int) -> Floats64:
    """RMS in whole 16-bit steps of each window of `window` milliseconds.

    `edges` [n + window] are the samples at which milliseconds begin; the result is [n].
    """
    samples_read = samples[int(edges[0]) : int(edges[-1])]
    integers = np.rint(np.clip(samples_read, -1, 1 - 2**-15) * 2**15).astype(np.int32)
    by_ms = np.add.reduceat(integers**2, edges[:-1] - edges[0], dtype=np.int64)
    # Differences of a running sum are exact in integers, and give all windows at once.
    energy = np.concatenate([[0], np.cumsum(by_ms)])
    mean = (energy[window:] - energy[:-window]) / (edges[window:] - edges[:-window])
    return np.floor(np.sqrt(mean))
