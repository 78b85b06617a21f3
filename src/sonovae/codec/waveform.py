"""Mono float32 samples in [-1, 1]: resampling, level, silence, and clips that overlap."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

Samples = NDArray[np.float32]


class Track(Protocol):
    """Samples that may lie in a file: a slice reads some of them."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def __getitem__(self, which: slice, /) -> Samples:
        """Those of a slice with step 1."""
        ...


FADE_SECONDS = 0.001
"""At each end of what is made."""
LOWEST_HZ = 20
"""That are heard: what is below is taken off."""
TOGETHER = 16
"""Recordings that are resampled at once."""
STRETCH = 20_000
"""Milliseconds whose windows are searched for silence at once: more would cost memory, and gain no time."""


def resample(samples: Samples, sample_rate: int, target_rate: int) -> Samples:
    """Samples at `sample_rate` Hz → at `target_rate` Hz, by soxr in high quality."""
    return np.concatenate([samples[:0], *resampled([samples], sample_rate, target_rate)])


def resampled(blocks: Iterable[Samples], sample_rate: int, target_rate: int) -> Iterator[Samples]:
    """The same block by block, and bit by bit what the whole would give: [n] samples become [⌈n · ratio⌉]."""
    if sample_rate == target_rate:
        yield from blocks
        return
    stream = soxr.ResampleStream(sample_rate, target_rate, 1, dtype="float32", quality="HQ")
    taken = given = 0
    for block in blocks:
        taken += len(block)
        given += len(made := stream.resample_chunk(block))
        yield made
    rest = _resampled_length(taken, sample_rate, target_rate) - given
    yield _filled(stream.resample_chunk(np.zeros(0, np.float32), last=True)[:rest], rest)


def resample_together(
    recordings: Sequence[Samples], sample_rate: int, target_rate: int
) -> list[Samples]:
    """`resample` of each, bit by bit. As channels of one stream they share its filters, which take longer to be made
    than half a second to resample; those of about the same length go together."""
    if sample_rate == target_rate:
        return list(recordings)
    by_length = sorted(range(len(recordings)), key=lambda n: len(recordings[n]))
    found = dict[int, Samples]()
    for start in range(0, len(by_length), TOGETHER):
        some = by_length[start : start + TOGETHER]
        found |= zip(
            some, _channels([recordings[n] for n in some], sample_rate, target_rate), strict=True
        )
    return [found[n] for n in range(len(recordings))]


def _channels(
    recordings: Sequence[Samples], sample_rate: int, target_rate: int
) -> Iterator[Samples]:
    """Each resampled, as a channel of one stream."""
    longest = max(map(len, recordings))
    channels = np.stack([_filled(each, longest) for each in recordings], axis=1)
    made = soxr.resample(channels, sample_rate, target_rate, quality="HQ")
    for samples, channel in zip(recordings, made.T, strict=True):
        own = math.floor(
            len(samples) / (sample_rate / target_rate) + 0.5
        )  # that soxr makes of it alone
        yield _filled(channel[:own], _resampled_length(len(samples), sample_rate, target_rate))


def _resampled_length(n: int, sample_rate: int, target_rate: int) -> int:
    return math.ceil(n * (target_rate / sample_rate))


def _filled(samples: Samples, length: int) -> Samples:
    """Samples and zeros, as many as `length` in all."""
    return np.concatenate([samples, np.zeros(length - len(samples), np.float32)])


def level(samples: Samples, peak_dbfs: float | None) -> tuple[Samples, float]:
    """Samples scaled so that their peak is at `peak_dbfs` (None: unchanged), and the gain that did it."""
    gain = gain_to(float(np.abs(samples).max(initial=0)), peak_dbfs)
    return samples * np.float32(gain), gain


def gain_to(peak: float, peak_dbfs: float | None) -> float:
    """By what samples with this peak are multiplied, so that it is at `peak_dbfs` (None: by 1); silence by 1, too."""
    return 1.0 if peak_dbfs is None or peak == 0 else 10 ** (peak_dbfs / 20) / peak


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
    return faded(polished, n, True, True).astype(np.float32)


def rise(n: int) -> NDArray[np.float64]:
    """[n]: from 0 to 1, half a Hann window; backwards it is what adds to 1."""
    return np.sin(0.5 * np.pi * (np.arange(n) + 0.5) / max(1, n)) ** 2


def faded(samples: NDArray[Any], n: int, rises: bool, falls: bool) -> NDArray[Any]:
    """The same array, whose first n samples now rise, whose last n fall, or both."""
    ramp = rise(n).astype(samples.dtype)
    if rises:
        samples[:n] *= ramp
    if falls:
        samples[len(samples) - n :] *= ramp[::-1]
    return samples


def overlapping(samples: Samples, length: int, overlap: int, fade: int) -> NDArray[np.float32]:
    """Clips [n, length] of samples of any number, each of which begins `overlap` before the end of the last one; the
    rest is zero-padded. Where one is cut off, it rises or falls over `fade` samples."""
    n = 1 + max(0, -(-(len(samples) - length) // (length - overlap)))
    padded = np.pad(samples, (0, max(0, (n - 1) * (length - overlap) + length - len(samples))))
    pieces = (padded[i * (length - overlap) :][:length].copy() for i in range(n))
    return np.stack([faded(piece, fade, i > 0, i < n - 1) for i, piece in enumerate(pieces)])


def crossfade(clips: NDArray[np.float32], overlap: int) -> Samples:
    """The door back from `overlapping`: clips [n, length] as one sound; what overlaps fades from one to the other."""
    n, length = clips.shape
    step = length - overlap
    joined = np.zeros((n - 1) * step + length)
    for i, clip in enumerate(clips):
        joined[i * step : i * step + length] += (
            faded(np.ones(length), overlap, i > 0, i < n - 1) * clip
        )
    return joined.astype(np.float32)


def nonsilent(
    samples: Track, sample_rate: int, min_seconds: float, threshold_dbfs: float
) -> list[tuple[int, int]]:
    """What is left when silences are cut: (start, end) in samples, in order.

    Silence is what `pydub.silence.detect_nonsilent` with `seek_step=1` means by it: any window of `min_seconds` whose
    RMS, in 16-bit integers, is at most `threshold_dbfs`. The windows of a stretch are summed at once.
    """
    window, threshold = round(1000 * min_seconds), 10 ** (threshold_dbfs / 20) * 2**15
    total = round(1000 * len(samples) / sample_rate)
    silent = list[tuple[int, int]]()
    for first in range(0, total - window + 1, STRETCH):
        last = min(first + STRETCH, total - window + 1)
        edges = (np.arange(first, last + window) * (sample_rate / 1000)).astype(np.int64)
        silent += _joined(first + np.flatnonzero(_rms(samples, edges, window) <= threshold), window)
    per_ms = sample_rate / 1000
    sounding = _complement(silent, total)
    return [(int(a * per_ms), len(samples) if b == total else int(b * per_ms)) for a, b in sounding]


def _rms(samples: Track, edges: NDArray[np.int64], window: int) -> NDArray[np.float64]:
    """The RMS of each `window` milliseconds that lie between these edges, in whole numbers of 16 bits."""
    read = samples[int(edges[0]) : int(edges[-1])]
    integers = np.rint(np.clip(read, -1, 1 - 2**-15) * 2**15).astype(np.int32)
    by_ms = np.add.reduceat(integers**2, edges[:-1] - edges[0], dtype=np.int64)
    energy = np.concatenate([[0], np.cumsum(by_ms)])
    rms: NDArray[np.float64] = np.floor(
        np.sqrt((energy[window:] - energy[:-window]) / (edges[window:] - edges[:-window]))
    )
    return rms


def _joined(silent: NDArray[np.int64], window: int) -> list[tuple[int, int]]:
    """The milliseconds (start, end) of the windows that begin at `silent`; those that touch are one."""
    if not len(silent):
        return []
    gaps = np.flatnonzero(np.diff(silent) > window)
    starts, ends = silent[np.append(0, gaps + 1)], silent[np.append(gaps, -1)] + window
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def _complement(silent: list[tuple[int, int]], total: int) -> list[tuple[int, int]]:
    """The milliseconds outside stretches that rise, and may touch or overlap."""
    if not silent:
        return [(0, total)]
    starts, ends = zip(*silent, strict=True)
    return [(a, b) for a, b in zip((0, *ends), (*starts, total), strict=True) if b > a]
