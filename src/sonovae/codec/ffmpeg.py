"""Sound files that soundfile cannot read, or not to the end, decoded by ffmpeg."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sonovae.arrays import Floats32
from sonovae.errors import Unreadable

MOST_SECONDS = 900
"""Processor time that ffmpeg may spend on a file, enough for many hours of sound."""
LENGTHS = re.compile(b"Xing|Info|VBRI")
"""Headers of an MP3's first frame that hold its length; without, libsndfile guesses and cuts."""


def container(head: bytes) -> str:
    """Return the container that a file's first bytes begin; empty if soundfile reads it."""
    if head[4:8] == b"ftyp":
        return "MP4"
    if head.startswith(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"):
        return "ASF"
    if head.startswith(b"#!AMR"):
        return "AMR"
    # A FLAC that was streamed has no number of samples: 36 bits, 0 for unknown (RFC 9639, 8.2).
    if head.startswith(b"fLaC") and not int.from_bytes(head[21:26], "big") & (2**36 - 1):
        return "FLAC"
    # MPEG frames begin with eleven or more set bits; the bits after them name the layer.
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return "AAC"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2 and not LENGTHS.search(head):
        return "MP3"
    return ""


def probe(path: Path, container: str) -> tuple[int, int]:
    """Return the rate in Hz and the channels of a file's first sound, or raise Unreadable."""
    if not (shutil.which("ffmpeg") and shutil.which("ffprobe")):
        raise Unreadable(
            f"{container} needs ffmpeg, which is not installed: install it, or convert the file to"
            " WAV"
        )
    entries = "-v error -select_streams a:0 -show_entries stream=sample_rate,channels -of json"
    # `file:` keeps a name that begins with a dash or a protocol from being read as such.
    command = ["ffprobe", *entries.split(), "-i", f"file:{path}"]
    result = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        sound = json.loads(result.stdout)["streams"][0]
        rate = int(sound["sample_rate"])
        channels = int(sound["channels"])
    except (IndexError, KeyError, ValueError):
        raise Unreadable("damaged: ffmpeg finds no sound in it") from None
    if rate < 1 or channels < 1:
        raise Unreadable(f"its header promises {rate} Hz and {channels} channels")
    return rate, channels


def blocks(path: Path, rate: int, channels: int, size: int) -> Iterator[Floats32]:
    """Decode a file to blocks [size / channels, channels]; raise Unreadable if it is damaged."""
    form = f"-map 0:a:0 -ar {rate} -ac {channels} -f f32le -"
    # -xerror: stop at the first error, instead of leaving out what is damaged.
    careful = f"-v error -nostdin -xerror -timelimit {MOST_SECONDS}"
    command = ["ffmpeg", *careful.split(), "-i", f"file:{path}", *form.split()]
    n_bytes = size // channels * channels * 4
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as decoder:
        while decoder.stdout and (data := decoder.stdout.read(n_bytes)):
            yield np.frombuffer(data, np.float32).reshape(-1, channels)
    if decoder.returncode:
        raise Unreadable("damaged: ffmpeg cannot decode all of it")
