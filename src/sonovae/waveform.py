"""Mono float32 samples in [-1, 1]: resampling, level, silence, and equal clips."""

import librosa
import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

Samples = NDArray[np.float32]

FADE_SECONDS = 0.001
"""At each end of what is made."""
LOWEST_HZ = 20
"""That are heard: what is below is taken off."""


def resample(samples: Samples, sample_rate: int, target_rate: int) -> Samples:
    """Samples at `sample_rate` Hz → at `target_rate` Hz, by soxr in high quality."""
    if sample_rate == target_rate or not len(samples):
        return samples
    return librosa.resample(samples, orig_sr=sample_rate, target_sr=target_rate).astype(np.float32)


def level(samples: Samples, peak_dbfs: float | None) -> tuple[Samples, float]:
    """Samples scaled so that their peak is at `peak_dbfs` (None: unchanged), and the gain that did it."""
    peak = _peak(samples)
    gain = 1.0 if peak_dbfs is None or peak == 0 else 10 ** (peak_dbfs / 20) / peak
    return samples * np.float32(gain), gain


def unlevel(samples: Samples, gain: float) -> Samples:
    """The door back from `level`; scaled down where it would clip."""
    restored = samples / np.float32(gain)
    return restored / max(1.0, np.abs(restored).max(initial=0))


def polish(samples: Samples, sample_rate: int) -> Samples:
    """Samples without a constant part, and with `FADE_SECONDS` at both ends faded, which would click; ValueError where
    they are not finite. The constant part is filtered out: to subtract it would fill silences with it."""
    if not np.isfinite(samples).all():
        raise ValueError("samples must be finite")
    high = butter(2, LOWEST_HZ, "highpass", fs=sample_rate, output="sos")
    polished = sosfiltfilt(high, samples, padlen=min(len(samples) - 1, sample_rate // LOWEST_HZ))
    n = min(round(FADE_SECONDS * sample_rate), len(samples) // 2)
    ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(n) + 0.5) / max(1, n))
    polished[:n] *= ramp
    polished[len(polished) - n :] *= ramp[::-1]
    return polished.astype(np.float32)


def overlapping(samples: Samples, length: int, overlap: int) -> NDArray[np.float32]:
    """Clips [n, length] of samples of any number, each of which begins `overlap` before the end of the last one; the
    rest is zero-padded."""
    n = 1 + max(0, -(-(len(samples) - length) // (length - overlap)))
    padded = np.pad(samples, (0, max(0, (n - 1) * (length - overlap) + length - len(samples))))
    return np.stack([padded[i * (length - overlap) :][:length] for i in range(n)])


def crossfade(clips: NDArray[np.float32], overlap: int) -> Samples:
    """The door back from `overlapping`: clips [n, length] as one sound; what overlaps fades from one to the other."""
    n, length = clips.shape
    step = length - overlap
    rise = np.sin(0.5 * np.pi * (np.arange(overlap) + 0.5) / max(1, overlap)) ** 2
    joined = np.zeros((n - 1) * step + length)
    for i, clip in enumerate(clips):
        weight = np.ones(length)
        if i > 0:
            weight[:overlap] *= rise
        if i < n - 1:
            weight[step:] *= rise[::-1]
        joined[i * step : i * step + length] += weight * clip
    return joined.astype(np.float32)


def nonsilent(samples: Samples, sample_rate: int, min_seconds: float, threshold_dbfs: float) -> list[tuple[int, int]]:
    """What is left when silences are cut: (start, end) in samples, in order.

    Silence is what `pydub.silence.detect_nonsilent` with `seek_step=1` means by it: any window of `min_seconds` whose
    RMS, in 16-bit integers, is at most `threshold_dbfs`. All windows are summed at once instead of one by one.
    """
    window, threshold = round(1000 * min_seconds), 10 ** (threshold_dbfs / 20) * 2**15
    total = round(1000 * len(samples) / sample_rate)
    per_ms = sample_rate / 1000
    if total < window:
        return [(0, len(samples))]
    integers = np.round(np.clip(samples, -1, 1 - 2**-15) * 2**15).astype(np.int64)
    energy = np.concatenate([[0], np.cumsum(integers**2), np.full(2, np.sum(integers**2))])
    start = (np.arange(total - window + 1) * per_ms).astype(np.int64)
    end = ((np.arange(total - window + 1) + window) * per_ms).astype(np.int64)
    rms = np.floor(np.sqrt((energy[np.minimum(end, len(energy) - 1)] - energy[start]) / (end - start)))
    sounding = _complement(np.flatnonzero(rms <= threshold), window, total)
    return [(int(a * per_ms), len(samples) if b == total else int(b * per_ms)) for a, b in sounding]


def cut(samples: Samples, length: int, rest: str) -> NDArray[np.float32]:
    """Equal clips [n, length], one after the other; the rest is dropped, or (`rest="pad"`) zero-padded."""
    if rest == "pad":
        samples = np.pad(samples, (0, -len(samples) % length))
    n = len(samples) // length
    return samples[: n * length].reshape(n, length)


def _complement(silent: NDArray[np.int64], window: int, total: int) -> list[tuple[int, int]]:
    """The milliseconds outside the windows that begin at `silent`; windows that touch are one."""
    if not len(silent):
        return [(0, total)]
    gaps = np.flatnonzero(np.diff(silent) > window)
    starts = silent[np.concatenate([[0], gaps + 1])]
    ends = silent[np.concatenate([gaps, [len(silent) - 1]])] + window
    edges = zip([0, *ends.tolist()], [*starts.tolist(), total], strict=True)
    return [(a, b) for a, b in edges if b > a]


def _peak(samples: Samples) -> float:
    return float(np.abs(samples).max(initial=0))
