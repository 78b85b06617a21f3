"""What soundfile cannot read, or not to its end, and ffmpeg can: M4A, AAC, WMA, AMR, MP3 and FLAC of a stream."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonovae.errors import Unreadable

MOST_SECONDS = 900
"""That ffmpeg may work at a file."""


LENGTHS = re.compile(b"Xing|Info|VBRI")
"""In an MP3's first frame, what says its length; without it libsndfile guesses, and cuts."""


def container(head: bytes) -> str:
    """The container that a file's first bytes begin; nothing where it is not for ffmpeg."""
    if head[4:8] == b"ftyp":
        return "MP4"
    if head.startswith(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"):
        return "ASF"
    if head.startswith(b"#!AMR"):
        return "AMR"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return "AAC"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2 and not LENGTHS.search(head):
        return "MP3"
    return "FLAC" if head.startswith(b"fLaC") and _is_streamed_flac(head) else ""


def _is_streamed_flac(head: bytes) -> bool:
    """Whether its number of samples, 36 bits of the first block (RFC 9639, 8.2), is left open."""
    return int.from_bytes(head[21:26], "big") & (2**36 - 1) == 0


def probe(path: Path, container: str) -> tuple[int, int]:
    """The rate in Hz and the channels of the file's first sound, by ffprobe; Unreadable where there is none, or no
    ffmpeg."""
    if not (shutil.which("ffmpeg") and shutil.which("ffprobe")):
        raise Unreadable(
            f"{container} needs ffmpeg, which is not installed: install it, or convert the file to WAV"
        )
    wanted = [
        "-v",
        "error",
        "-select_streams",
        "a:0",
        "-show_entries",
        "stream=sample_rate,channels",
        "-of",
        "json",
    ]
    command = ["ffprobe", *wanted, "-i", f"file:{path}"]
    said = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ).stdout
    try:
        sound = json.loads(said)["streams"][0]
        rate, channels = int(sound["sample_rate"]), int(sound["channels"])
    except (IndexError, KeyError, ValueError):
        raise Unreadable("damaged: ffmpeg finds no sound in it") from None
    if rate < 1 or channels < 1:
        raise Unreadable(f"its header promises {rate} Hz and {channels} channels")
    return rate, channels


def blocks(path: Path, rate: int, channels: int, size: int) -> Iterator[NDArray[np.float32]]:
    """The samples as they are decoded, in blocks [n, channels] of `size` samples; Unreadable where ffmpeg stumbles."""
    form = ["-map", "0:a:0", "-ar", str(rate), "-ac", str(channels), "-f", "f32le", "-"]
    careful = ["-v", "error", "-nostdin", "-xerror", "-timelimit", str(MOST_SECONDS)]
    command = ["ffmpeg", *careful, "-i", f"file:{path}", *form]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as decoder:
        while decoder.stdout and (data := decoder.stdout.read(size // channels * channels * 4)):
            yield np.frombuffer(data, np.float32).reshape(-1, channels)
    if decoder.returncode:
        raise Unreadable("damaged: ffmpeg cannot decode all of it")
