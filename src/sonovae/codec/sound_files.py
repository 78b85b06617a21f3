"""Sound files ↔ mono float32 samples; and what a file holds, read in blocks, so that its length costs no memory."""

import contextlib
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import soundfile
from numpy.typing import NDArray

from sonovae.codec import ffmpeg
from sonovae.codec.waveform import Samples
from sonovae.errors import Unreadable, UserError

SUBTYPES = {"wav": "PCM_16", "flac": "PCM_16", "ogg": "VORBIS", "mp3": "MPEG_LAYER_III"}
"""Of each kind of file that is written, what soundfile calls its encoding."""

BLOCK = 1 << 16
"""Samples that are read at a time: soxr takes a third longer for a million of them."""

FULL_SCALE = 1 - 2**-14
"""At or above it, an absolute sample counts as clipped: the highest two steps of 16 bits."""

HEAD = 512
"""Bytes that say what a file is."""

CONTAINERS = {"WAV", "WAVEX", "RF64", "W64", "AIFF", "FLAC", "OGG", "MP3", "AU", "CAF"}
"""Those of soundfile's whose being whole is checked."""


def _is_open(length: int) -> bool:
    """A program that streams leaves a number near 2³¹ or 2³² as its file's length, and the file is whole."""
    return abs(length - 2**31) < 2**16 or length >= 2**32 - 2**16


@dataclass(frozen=True)
class Facts:
    """What a sound file holds.

    Its length in seconds, rate in Hz and channels; `peak`, the highest absolute sample of any channel; of the channels'
    mean, `swing`, half of what lies between its highest and lowest sample, and `offset`, its mean; the share of samples
    at full scale; the container's name; the SHA-256 of its samples, rate and channels.
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


@dataclass(frozen=True)
class _Source:
    """An opened file: blocks [n, channels] of samples, and what is known before they are read."""

    sample_rate: int
    channels: int
    container: str
    blocks: Iterator[NDArray[np.float32]]


def inspect(path: Path) -> Facts:
    """Read the whole file, in blocks, and say what it holds; Unreadable where it is damaged."""
    with _opened(path) as source:
        digest = hashlib.sha256(f"{source.sample_rate} {source.channels}".encode())
        frames, clipped, total, peak, low, high = 0, 0, 0.0, 0.0, np.inf, -np.inf
        for block in source.blocks:
            digest.update(block.tobytes())
            mono, level = block.mean(axis=1, dtype=np.float64), np.abs(block)
            frames, clipped = frames + len(block), clipped + int((level >= FULL_SCALE).sum())
            peak, total = max(peak, float(level.max())), total + float(mono.sum())
            low, high = min(low, float(mono.min())), max(high, float(mono.max()))
    if not frames:
        raise Unreadable("holds no samples")
    return Facts(
        seconds=frames / source.sample_rate,
        sample_rate=source.sample_rate,
        channels=source.channels,
        peak=peak,
        swing=(high - low) / 2,
        offset=total / frames,
        clipped=clipped / (frames * source.channels),
        container=source.container,
        samples_sha256=digest.hexdigest(),
    )


def read(path: Path) -> tuple[Samples, int]:
    """The file's samples [n], the mean of its channels, and its rate in Hz; Unreadable where it is damaged."""
    with streamed(path) as (blocks, sample_rate):
        return np.concatenate([np.zeros(0, np.float32), *blocks]), sample_rate


@contextlib.contextmanager
def streamed(path: Path) -> Iterator[tuple[Iterator[Samples], int]]:
    """The same, block by block, so that a file's length costs no memory."""
    with _opened(path) as source:
        yield map(_mono, source.blocks), source.sample_rate


def write(file: Path, samples: Samples, sample_rate: int, comment: str = "") -> None:
    """The door back: 16 bits, as a WAV, or as FLAC, OGG or MP3 where the name says so, with a comment. A WAV has equal
    bytes for equal samples. Samples beyond ±1 are a ValueError."""
    if not np.isfinite(samples).all() or np.abs(samples).max(initial=0) > 1:
        raise ValueError(f"{file.name}: samples must be finite and lie in [-1, 1]")
    if (suffix := file.suffix.lower().removeprefix(".")) not in SUBTYPES:
        raise UserError(f"{file.name}: it takes wav, flac, ogg or mp3")
    kind = {"format": suffix.upper(), "subtype": SUBTYPES[suffix]}
    try:
        with (
            file.open("wb") as data,
            soundfile.SoundFile(data, "w", sample_rate, channels=1, **kind) as written,
        ):
            if comment:
                written.comment = comment
            written.write(samples)
    except soundfile.LibsndfileError as error:
        said = f"{file.name}: {suffix} cannot hold {sample_rate} Hz ({_reason(error)}): take wav or flac"
        raise UserError(said) from None


def comment(path: Path) -> str:
    """That of a sound file; nothing where there is none, or no sound."""
    try:
        with path.open("rb") as data, soundfile.SoundFile(data) as file:
            return str(file.comment)
    except soundfile.LibsndfileError:
        return ""


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[_Source]:
    """What the file holds, while the block lasts; errors of the block itself, a full disk's say, are not the file's."""
    with contextlib.ExitStack() as held:
        yield _source(path, held)


def _source(path: Path, held: contextlib.ExitStack) -> _Source:
    """What reads the file is chosen by its first bytes, never by what failed before."""
    try:
        data = held.enter_context(path.open("rb", buffering=0))
        head = _head(data)
        if container := ffmpeg.container(head):
            rate, channels = ffmpeg.probe(path, container)
            return _Source(
                rate, channels, container, _decoded(ffmpeg.blocks(path, rate, channels, BLOCK))
            )
        # By its descriptor, as names may not be UTF-8, and libsndfile is slower with a file object.
        file = held.enter_context(soundfile.SoundFile(data.fileno(), closefd=False))
        _check_header(file)
        return _Source(file.samplerate, file.channels, file.format, _decoded(_blocks(file)))
    except soundfile.LibsndfileError as error:
        raise Unreadable(f"not a sound file: {_guess(head) or _reason(error)}") from None
    except OSError as error:
        raise Unreadable(f"cannot be opened: {error.strerror}") from None


def _decoded(blocks: Iterator[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    """The same, held to be finite; an error of whoever takes them does not come by here."""
    try:
        for block in blocks:
            if not np.isfinite(block).all():
                raise Unreadable("holds samples that are not finite (NaN or infinite)")
            yield block
    except OSError as error:
        raise Unreadable(f"cannot be opened: {error.strerror}") from None


def _head(data: IO[bytes]) -> bytes:
    """The first bytes, behind an ID3 tag where there is one: its length is four times seven bits."""
    head = data.read(HEAD)
    if head.startswith(b"ID3"):
        data.seek(
            10 + sum(byte << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=False))
        )
        head = data.read(HEAD)
    data.seek(0)
    return head


def _blocks(file: soundfile.SoundFile) -> Iterator[NDArray[np.float32]]:
    frames = 0
    try:
        # Not file.blocks(), which after a short read yields the rest of its buffer, whatever it holds.
        while frames < file.frames and len(block := _next(file)):
            frames += len(block)
            yield block
    except soundfile.LibsndfileError as error:
        raise Unreadable(f"damaged: {_reason(error)}") from None
    if frames < file.frames:
        raise Unreadable(f"truncated: {frames} of {file.frames} samples are there")


def _next(file: soundfile.SoundFile) -> NDArray[np.float32]:
    """Samples of 16 bits become float32 here, bit by bit as libsndfile has them, which takes three times as long."""
    if file.subtype == "PCM_16":
        whole: NDArray[np.int16] = file.read(BLOCK // file.channels, "int16", always_2d=True)
        return whole * np.float32(2**-15)
    found: NDArray[np.float32] = file.read(BLOCK // file.channels, "float32", always_2d=True)
    return found


def _mono(block: NDArray[np.float32]) -> Samples:
    return block[:, 0] if block.shape[1] == 1 else block.mean(axis=1)


def _check_header(file: soundfile.SoundFile) -> None:
    """libsndfile reads what is there of a truncated file without a word, except in its log."""
    if file.samplerate < 1 or file.channels < 1:
        raise Unreadable(f"its header promises {file.samplerate} Hz and {file.channels} channels")
    if file.format not in CONTAINERS:
        raise Unreadable(f"{file.format} is not read: convert it to WAV or FLAC")
    chunks = r"^ *(?:data|SSND|Data Size|Riff size|riff) *: (\d+) \(should be (\d+)\)"
    said = file.extra_info
    promise = re.search(chunks, said, re.MULTILINE)
    if promise and not _is_open(int(promise[1])) and int(promise[2]) < int(promise[1]):
        raise Unreadable(f"truncated: {promise[2]} of {promise[1]} bytes are there")
    if "Junk after the last page" in said and "lacks an end" not in said:
        raise Unreadable(
            "holds several streams, one after the other, of which the first alone would be read: join them"
        )
    if "lacks an end-of-stream bit" in said:
        raise Unreadable("truncated: its last page is not there")


def _reason(error: soundfile.LibsndfileError) -> str:
    reason = error.error_string.removeprefix("Error : ").rstrip(".").lower()
    return "format not recognised" if not reason or "does not exist" in reason else reason


def _guess(head: bytes) -> str:
    """What a file that is no sound is instead; nothing where that is not known."""
    text = head.lstrip().lower()
    kinds = {
        "it is empty": not head,
        "it is a Git LFS pointer, `git lfs pull` brings the file": text.startswith(
            b"version https://git-lfs"
        ),
        "it is a web page, saved in its place": text.startswith((b"<!doctype html", b"<html")),
        "it is an archive: unpack it": head.startswith(
            (b"PK\3\4", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")
        ),
        "it is a table or text": b"\0" not in head and head.isascii(),
    }
    return next((kind for kind, so in kinds.items() if so), "")
