"""Sound files ↔ mono samples; files are read in blocks, so that their length costs no memory."""

import contextlib
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import soundfile

from sonovae.arrays import Floats32, Samples
from sonovae.codec import ffmpeg
from sonovae.errors import Unreadable, UserError

SUBTYPES = {
    "wav": "PCM_16",
    "flac": "PCM_16",
    "ogg": "VORBIS",
    "mp3": "MPEG_LAYER_III",
}
"""Extension of a file that is written → its encoding, as soundfile names it."""
BLOCK = 1 << 16
"""Samples read at a time: soxr takes a third longer for a million of them."""
FULL_SCALE = 1 - 2**-14
"""Absolute sample from which on a sample counts as clipped: the highest two steps of 16 bits."""
HEAD = 512
"""Bytes that identify a file."""
CONTAINERS = {
    "WAV",
    "WAVEX",
    "RF64",
    "W64",
    "AIFF",
    "FLAC",
    "OGG",
    "MP3",
    "AU",
    "CAF",
}
"""soundfile's containers that are read: those of which a truncated file is noticed."""
LENGTHS = re.compile(
    r"^ *(?:data|SSND|Data Size|Riff size|riff) *: (\d+) \(should be (\d+)\)",
    re.MULTILINE,
)
"""Line in libsndfile's log about a chunk that does not have the bytes its header promises."""


@dataclass(frozen=True)
class Facts:
    """Contents of a sound file; samples at full scale are ±1.

    `peak` is the highest absolute sample of any channel. Of the channels' mean, `swing` is half of
    its range and `offset` its mean. `clipped` is the share of samples at full scale.
    """

    seconds: float
    sample_rate: int
    channels: int
    peak: float
    swing: float
    offset: float
    clipped: float
    container: str
    samples_sha256: str


@dataclass
class _Tally:
    frames: int = 0
    clipped: int = 0
    total: float = 0.0
    peak: float = 0.0
    low: float = np.inf
    high: float = -np.inf

    def add(self, block: Floats32) -> None:
        absolute = np.abs(block)
        mono = block.mean(axis=1, dtype=np.float64)
        self.frames += len(block)
        self.clipped += int((absolute >= FULL_SCALE).sum())
        self.total += float(mono.sum())
        self.peak = max(self.peak, float(absolute.max()))
        self.low = min(self.low, float(mono.min()))
        self.high = max(self.high, float(mono.max()))


@dataclass(frozen=True)
class _Source:
    """An opened file: its facts, and blocks [n, channels] of its samples."""

    sample_rate: int
    channels: int
    container: str
    blocks: Iterator[Floats32]


def inspect(path: Path) -> Facts:
    """Read a whole file; raise Unreadable if it is damaged or empty."""
    tally = _Tally()
    with _opened(path) as source:
        digest = hashlib.sha256(f"{source.sample_rate} {source.channels}".encode())
        for block in source.blocks:
            digest.update(block.tobytes())
            tally.add(block)
    if not tally.frames:
        raise Unreadable("holds no samples")
    return Facts(
        seconds=tally.frames / source.sample_rate,
        sample_rate=source.sample_rate,
        channels=source.channels,
        peak=tally.peak,
        swing=(tally.high - tally.low) / 2,
        offset=tally.total / tally.frames,
        clipped=tally.clipped / (tally.frames * source.channels),
        container=source.container,
        samples_sha256=digest.hexdigest(),
    )


def read(path: Path) -> tuple[Samples, int]:
    """Return the mean of a file's channels [n] and its rate in Hz; raise Unreadable if damaged."""
    with streamed(path) as (blocks, sample_rate):
        return np.concatenate([np.zeros(0, np.float32), *blocks]), sample_rate


@contextlib.contextmanager
def streamed(path: Path) -> Iterator[tuple[Iterator[Samples], int]]:
    """Yield the samples [n] that `read` returns, block by block, and their rate in Hz."""
    with _opened(path) as source:
        yield map(_mono, source.blocks), source.sample_rate


def write(file: Path, samples: Samples, sample_rate: int, comment: str = "") -> None:
    """Write samples [n] within ±1 and a comment, as WAV, FLAC, OGG or MP3 by the extension."""
    if not np.isfinite(samples).all() or np.abs(samples).max(initial=0) > 1:
        raise ValueError(f"{file.name}: samples must be finite and lie in [-1, 1]")
    suffix = file.suffix.lower().removeprefix(".")
    if suffix not in SUBTYPES:
        raise UserError(f"{file.name}: the extension must be wav, flac, ogg or mp3")
    kind = {"format": suffix.upper(), "subtype": SUBTYPES[suffix]}
    try:
        with (
            file.open("wb") as data,
            soundfile.SoundFile(data, "w", sample_rate, channels=1, **kind) as sound,
        ):
            if comment:
                sound.comment = comment
            sound.write(samples)
    except soundfile.LibsndfileError as error:
        reason = f"{suffix} cannot hold {sample_rate} Hz ({_reason(error)})"
        raise UserError(f"{file.name}: {reason}: choose wav or flac") from None


def comment(path: Path) -> str:
    """Return the comment in a sound file; empty if it has none or is no sound."""
    try:
        with path.open("rb") as data, soundfile.SoundFile(data) as file:
            return str(file.comment)
    except soundfile.LibsndfileError:
        return ""


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[_Source]:
    # _source catches errors of the file; those of the block, a full disk's, pass unchanged.
    with contextlib.ExitStack() as stack:
        yield _source(path, stack)


def _source(path: Path, stack: contextlib.ExitStack) -> _Source:
    """Open a file; its first bytes choose the reader, never the failure of another reader."""
    try:
        data = stack.enter_context(path.open("rb", buffering=0))
        head = _head(data)
        container = ffmpeg.container(head)
        if container:
            rate, channels = ffmpeg.probe(path, container)
            blocks = ffmpeg.blocks(path, rate, channels, BLOCK)
            return _Source(rate, channels, container, _checked(blocks))
        # By its descriptor, as names may not be UTF-8, and libsndfile is slower with an object.
        file = stack.enter_context(soundfile.SoundFile(data.fileno(), closefd=False))
        _check_header(file)
        return _Source(file.samplerate, file.channels, file.format, _checked(_blocks(file)))
    except soundfile.LibsndfileError as error:
        raise Unreadable(f"not a sound file: {_guess(head) or _reason(error)}") from None
    except OSError as error:
        raise Unreadable(f"cannot be opened: {error.strerror}") from None


def _checked(blocks: Iterator[Floats32]) -> Iterator[Floats32]:
    """Yield the blocks; raise Unreadable on NaN or infinity, or if the disk fails."""
    try:
        for block in blocks:
            if not np.isfinite(block).all():
                raise Unreadable("holds samples that are not finite (NaN or infinite)")
            yield block
    except OSError as error:
        raise Unreadable(f"cannot be opened: {error.strerror}") from None


def _head(data: IO[bytes]) -> bytes:
    """Return the first bytes, after an ID3 tag if there is one."""
    head = data.read(HEAD)
    if head.startswith(b"ID3"):
        # The tag's length has four bytes of seven bits each (ID3v2, 3.1).
        shifts = (21, 14, 7, 0)
        length = sum(byte << shift for byte, shift in zip(head[6:10], shifts, strict=False))
        data.seek(10 + length)
        head = data.read(HEAD)
    data.seek(0)
    return head


def _blocks(file: soundfile.SoundFile) -> Iterator[Floats32]:
    frames = 0
    try:
        # Not file.blocks(): after a short read it yields the rest of its buffer, unwritten.
        while frames < file.frames:
            block = _next(file)
            if not len(block):
                break
            frames += len(block)
            yield block
    except soundfile.LibsndfileError as error:
        raise Unreadable(f"damaged: {_reason(error)}") from None
    if frames < file.frames:
        raise Unreadable(f"truncated: {frames} of {file.frames} samples are there")


def _next(file: soundfile.SoundFile) -> Floats32:
    n = BLOCK // file.channels
    if file.subtype == "PCM_16":
        # Bit by bit what libsndfile converts 16 bits to, in a third of the time.
        return file.read(n, "int16", always_2d=True) * np.float32(2**-15)
    return file.read(n, "float32", always_2d=True)


def _mono(block: Floats32) -> Samples:
    return block[:, 0] if block.shape[1] == 1 else block.mean(axis=1)


def _check_header(file: soundfile.SoundFile) -> None:
    """Raise Unreadable for a file that libsndfile would read wrongly or in part."""
    if file.samplerate < 1 or file.channels < 1:
        raise Unreadable(f"its header promises {file.samplerate} Hz and {file.channels} channels")
    if file.format not in CONTAINERS:
        raise Unreadable(f"{file.format} is not read: convert it to WAV or FLAC")
    # libsndfile reports a truncated file in its log only.
    log = file.extra_info
    chunk = LENGTHS.search(log)
    if chunk:
        promised = int(chunk[1])
        # A program that streams leaves the length open, near 2³¹ or 2³²: the file is whole.
        is_open = abs(promised - 2**31) < 2**16 or promised >= 2**32 - 2**16
        if not is_open and int(chunk[2]) < promised:
            raise Unreadable(f"truncated: {chunk[2]} of {promised} bytes are there")
    if "Junk after the last page" in log and "lacks an end" not in log:
        raise Unreadable(
            "holds several streams, one after the other, of which the first alone would be read:"
            " join them"
        )
    if "lacks an end-of-stream bit" in log:
        raise Unreadable("truncated: its last page is not there")


def _reason(error: soundfile.LibsndfileError) -> str:
    reason = error.error_string.removeprefix("Error : ").rstrip(".").lower()
    return "format not recognised" if not reason or "does not exist" in reason else reason


def _guess(head: bytes) -> str:
    """Say what a file that is no sound is instead; empty if unknown."""
    text = head.lstrip().lower()
    if not head:
        return "it is empty"
    if text.startswith(b"version https://git-lfs"):
        return "it is a Git LFS pointer, `git lfs pull` brings the file"
    if text.startswith((b"<!doctype html", b"<html")):
        return "it is a web page, saved in its place"
    if head.startswith((b"PK\3\4", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")):
        return "it is an archive: unpack it"
    return "it is a table or text" if b"\0" not in head and head.isascii() else ""
