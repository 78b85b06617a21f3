"""Sound files ↔ mono float32 samples in [-1, 1]; level, silence, and equal clips."""

import contextlib
import re
import shutil
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import librosa
import numpy as np
import soundfile
from numpy.typing import NDArray

from sonovae.errors import Unreadable

Samples = NDArray[np.float32]

FFMPEG_ONLY = {".m4a", ".aac", ".wma", ".mp4", ".amr"}
"""What soundfile cannot read and ffmpeg can."""

BLOCK = 1 << 20
"""Samples that are checked at a time."""


@dataclass(frozen=True)
class Facts:
    """What a sound file holds: its length in seconds, rate in Hz, channels, and the highest absolute sample."""

    seconds: float
    sample_rate: int
    channels: int
    peak: float


def inspect(path: Path) -> Facts:
    """Read the whole file, in blocks, and say what it holds; Unreadable where it is damaged."""
    if _needs_ffmpeg(path):
        samples, sample_rate, channels = _read_by_ffmpeg(path)
        return Facts(len(samples) / sample_rate, sample_rate, channels, _peak(samples))
    with _opened(path) as file:
        peak, frames = 0.0, 0
        for block in _blocks(file):
            peak, frames = max(peak, _peak(block)), frames + len(block)
        _check_complete(file, frames)
        return Facts(frames / file.samplerate, file.samplerate, file.channels, peak)


def read(path: Path) -> tuple[Samples, int]:
    """The file's samples [n], the mean of its channels, and its rate in Hz; Unreadable where it is damaged."""
    if _needs_ffmpeg(path):
        samples, sample_rate, _ = _read_by_ffmpeg(path)
        return samples, sample_rate
    with _opened(path) as file:
        blocks = [block.mean(axis=1) for block in _blocks(file)]
        return np.concatenate(blocks) if blocks else np.zeros(0, np.float32), file.samplerate


def write(path: Path, samples: Samples, sample_rate: int) -> None:
    """The door back: a WAV of 16 bits, equal bytes for equal samples. Samples beyond ±1 are a ValueError."""
    if not np.isfinite(samples).all() or np.abs(samples).max(initial=0) > 1:
        raise ValueError(f"{path.name}: samples must be finite and lie in [-1, 1]")
    soundfile.write(path, samples, sample_rate, subtype="PCM_16", format="WAV")


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
    if not np.isfinite(samples).all():
        raise Unreadable("holds samples that are not finite (NaN or infinite)")
    return float(np.abs(samples).max(initial=0))


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[soundfile.SoundFile]:
    try:
        # As a file object, since soundfile cannot open names that are not UTF-8.
        with path.open("rb") as data, soundfile.SoundFile(data) as file:
            yield file
    except soundfile.LibsndfileError as error:
        raise Unreadable(f"not a sound file: {_reason(error)}") from None
    except OSError as error:
        raise Unreadable(f"cannot be opened: {error.strerror}") from None


def _blocks(file: soundfile.SoundFile) -> Iterator[NDArray[np.float32]]:
    try:
        # Not file.blocks(), which after a short read yields the rest of its buffer, whatever it holds.
        while len(block := file.read(BLOCK // file.channels, dtype="float32", always_2d=True)):
            yield block
    except soundfile.LibsndfileError as error:
        raise Unreadable(f"damaged: {_reason(error)}") from None


def _reason(error: soundfile.LibsndfileError) -> str:
    return error.error_string.removeprefix("Error : ").rstrip(".").lower() or "it cannot be decoded"


def _check_complete(file: soundfile.SoundFile, frames: int) -> None:
    """libsndfile reads what is there of a truncated file without a word, except in its log."""
    if frames == 0:
        raise Unreadable("holds no samples")
    if frames < file.frames:
        raise Unreadable(f"truncated: {frames} of {file.frames} samples are there")
    promise = re.search(r"^data : (\d+) \(should be (\d+)\)", file.extra_info, re.MULTILINE)
    # A program that streams leaves a number near 2³¹ or 2³² there, and its file is whole.
    if promise and int(promise[1]) < 2**31 - 2**16 and int(promise[2]) < int(promise[1]):
        raise Unreadable(f"truncated: {promise[2]} of {promise[1]} bytes of samples are there")


def _needs_ffmpeg(path: Path) -> bool:
    return path.suffix.lower() in FFMPEG_ONLY


def _read_by_ffmpeg(path: Path) -> tuple[Samples, int, int]:
    """Samples, rate and channels, by pydub."""
    if not (shutil.which("ffmpeg") and shutil.which("ffprobe")):
        raise Unreadable(f"{path.suffix} needs ffmpeg, which is not installed: install it, or convert the file to WAV")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydub's own, on import
        from pydub import AudioSegment
        from pydub.exceptions import CouldntDecodeError

        try:
            sound = AudioSegment.from_file(path)
        except (CouldntDecodeError, IndexError, KeyError):  # the last two where ffprobe finds no sound in it
            raise Unreadable("damaged: ffmpeg cannot decode it") from None
    channels = np.array(sound.get_array_of_samples(), np.float32).reshape(-1, sound.channels)
    samples = channels.mean(axis=1) / np.float32(1 << (8 * sound.sample_width - 1))
    return samples, sound.frame_rate, sound.channels
