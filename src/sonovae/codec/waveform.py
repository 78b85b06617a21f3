"""Mono samples in [-1, 1]: sample rate, level, fades, and clips that overlap."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

from sonovae.arrays import Floats32, Floats64, Samples

FADE_SECONDS = 0.001
"""Fade at both ends of a new sound: long enough not to click, too short to be heard."""
LOWEST_HZ = 20
"""Lower limit of hearing in Hz: decibels leave a rumble below it where a recording has none."""
CHANNELS = 16
"""Recordings that are resampled at once, as channels of one stream."""


class Track(Protocol):
    """Samples in memory or in a file, read by slices."""

    def __len__(self) -> int:
        """Return the number of samples."""

    def __getitem__(self, which: slice, /) -> Samples:
        """Return the samples of a slice with step 1."""


def resample(samples: Samples, sample_rate: int, target_rate: int) -> Samples:
    """Resample [n] from `sample_rate` to `target_rate` Hz: [⌈n · target_rate / sample_rate⌉]."""
    return np.concatenate([samples[:0], *resample_blocks([samples], sample_rate, target_rate)])


def resample_blocks(
    blocks: Iterable[Samples], sample_rate: int, target_rate: int
) -> Iterator[Samples]:
    """Resample a recording block by block, bit by bit as `resample` does at once."""
    if sample_rate == target_rate:
        yield from blocks
        return
    stream = soxr.ResampleStream(sample_rate, target_rate, 1, dtype="float32", quality="HQ")
    n_read = 0
    n_written = 0
    for block in blocks:
        resampled = stream.resample_chunk(block)
        n_read += len(block)
        n_written += len(resampled)
        yield resampled
    missing = _resampled_length(n_read, sample_rate, target_rate) - n_written
    end = stream.resample_chunk(np.zeros(0, np.float32), last=True)
    yield _zero_padded(end[:missing], missing)


def resample_together(
    recordings: Sequence[Samples], sample_rate: int, target_rate: int
) -> list[Samples]:
    """Resample many recordings, bit by bit as `resample` does each."""
    if sample_rate == target_rate:
        return list(recordings)
    # One stream makes its filters once, which takes longer than to resample half a second.
    # Channels are zero-padded to the longest, so recordings of similar length share a stream.
    by_length = sorted(range(len(recordings)), key=lambda row: len(recordings[row]))
    resampled = dict[int, Samples]()
    for start in range(0, len(by_length), CHANNELS):
        rows = by_length[start : start + CHANNELS]
        channels = _resample_channels([recordings[row] for row in rows], sample_rate, target_rate)
        resampled |= zip(rows, channels, strict=True)
    return [resampled[row] for row in range(len(recordings))]


def _resample_channels(
    recordings: Sequence[Samples], sample_rate: int, target_rate: int
) -> Iterator[Samples]:
    longest = max(map(len, recordings))
    channels = np.stack([_zero_padded(samples, longest) for samples in recordings], axis=1)
    resampled = soxr.resample(channels, sample_rate, target_rate, quality="HQ")
    for samples, channel in zip(recordings, resampled.T, strict=True):
        # soxr would return this many samples for the recording without its padding.
        soxr_length = math.floor(len(samples) / (sample_rate / target_rate) + 0.5)
        length = _resampled_length(len(samples), sample_rate, target_rate)
        yield _zero_padded(channel[:soxr_length], length)


def _resampled_length(n: int, sample_rate: int, target_rate: int) -> int:
    return math.ceil(n * (target_rate / sample_rate))


def _zero_padded(samples: Samples, length: int) -> Samples:
    return np.concatenate([samples, np.zeros(length - len(samples), np.float32)])


def level(samples: Samples, peak_dbfs: float | None) -> tuple[Samples, float]:
    """Scale samples [n] so that their peak is at `peak_dbfs`; return them and the gain used."""
    gain = gain_to(float(np.abs(samples).max(initial=0)), peak_dbfs)
    return samples * np.float32(gain), gain


def gain_to(peak: float, peak_dbfs: float | None) -> float:
    """Factor that brings a peak (absolute sample) to `peak_dbfs`; 1 for None and for silence."""
    if peak_dbfs is None or peak == 0:
        return 1.0
    return 10 ** (peak_dbfs / 20) / peak


def unlevel(samples: Samples, gain: float) -> Samples:
    """Invert `level` for samples [n]; scale down if they would leave [-1, 1]."""
    restored = samples / np.float32(gain)
    return restored / max(1.0, np.abs(restored).max(initial=0))


def polish(samples: Samples, sample_rate: int, keeps_rumble: bool = False) -> Samples:
    """Fade both ends of finite samples [n] and, unless rumble is kept, remove what is below
    `LOWEST_HZ`."""
    if not np.isfinite(samples).all():
        raise ValueError("samples must be finite")
    polished = samples.astype(float)
    if not keeps_rumble:
        # Subtracting the mean instead would fill silences with it.
        high_pass = butter(2, LOWEST_HZ, "highpass", fs=sample_rate, output="sos")
        padding = min(len(samples) - 1, sample_rate // LOWEST_HZ)
        polished = sosfiltfilt(high_pass, samples, padlen=padding)
    n = min(round(FADE_SECONDS * sample_rate), len(samples) // 2)
    return fade(polished, n, rises=True, falls=True).astype(np.float32)


def fade_in(n: int) -> Floats64:
    """Half a Hann window [n], rising from 0 to 1; it and its reverse add up to 1."""
    return np.sin(0.5 * np.pi * (np.arange(n) + 0.5) / max(1, n)) ** 2


def fade(samples: NDArray[Any], n: int, rises: bool, falls: bool) -> NDArray[Any]:
    """Fade the first n samples in, the last n out, or both, in place; return the array [length]."""
    ramp = fade_in(n).astype(samples.dtype)
    if rises:
        samples[:n] *= ramp
    if falls:
        samples[len(samples) - n :] *= ramp[::-1]
    return samples


def overlapping(samples: Samples, length: int, overlap: int, fade_length: int) -> Floats32:
    """Cut samples into clips [n, length] that overlap; the last is zero-padded.

    Ends that were cut fade over `fade_length` samples.
    """
    step = length - overlap
    n = 1 + max(0, -(-(len(samples) - length) // step))
    padded = np.pad(samples, (0, max(0, (n - 1) * step + length - len(samples))))
    clips = np.stack([padded[i * step : i * step + length] for i in range(n)])
    for i, clip in enumerate(clips):
        fade(clip, fade_length, rises=i > 0, falls=i < n - 1)
    return clips


def crossfade(clips: Floats32, overlap: int) -> Samples:
    """Invert `overlapping`: clips [n, length] → samples; overlaps fade from one to the next."""
    n, length = clips.shape
    step = length - overlap
    joined = np.zeros((n - 1) * step + length)
    for i, clip in enumerate(clips):
        weight = fade(np.ones(length), overlap, rises=i > 0, falls=i < n - 1)
        joined[i * step : i * step + length] += weight * clip
    return joined.astype(np.float32)
