"""Files good and bad as people have them, each made here, with what fetch is to say of it."""

import os
import socket
import struct
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from tests.making.recordings import tone

RATE = 8000
LONG = 3 * 3600
"""Seconds."""


@dataclass(frozen=True)
class Odd:
    """A file: what writes it, its status, and the words of its reason, or of its warning."""

    make: Callable[[Path], object]
    status: str
    says: str
    hashable: bool = True  # by DVC, which keeps neither links to folders nor empty ones


def used(make: Callable[[Path], object], warning: str = "") -> Odd:
    return Odd(make, "used", warning)


def out(make: Callable[[Path], object], reason: str, hashable: bool = True) -> Odd:
    return Odd(make, "left out", reason, hashable)


def made(
    hz: float, subtype: str | None = None, rate: int = RATE, form: str | None = None
) -> Callable[[Path], None]:
    """A tone of its own pitch, so that no two are the same."""
    return lambda path: soundfile.write(path, tone(1, hz, rate), rate, subtype, format=form)


def integers(path: Path) -> None:
    """Samples that each lossless format keeps."""
    soundfile.write(path, np.round(tone(1, 335) * 32767).astype(np.int16), RATE)


def of(samples: np.ndarray, rate: int = RATE, subtype: str = "FLOAT") -> Callable[[Path], None]:
    return lambda path: soundfile.write(path, samples, rate, subtype, format="WAV")


def bytes_of(data: bytes) -> Callable[[Path], int]:
    return lambda path: path.write_bytes(data)


def wav(
    codec: int = 1, channels: int = 1, rate: int = RATE, bits: int = 16, size: int | None = None
) -> bytes:
    """A WAV of 8,000 samples, whose header says what it is told to."""
    samples = (tone(1, 3001 + codec + channels + bits) * 32767).astype("<i2").tobytes()
    promised = len(samples) if size is None else size
    form = struct.pack("<HHIIHH", codec, channels, rate, rate * 2 & 0xFFFFFFFF, 2, bits)
    head = (
        b"RIFF" + struct.pack("<I", 36 + len(samples)) + b"WAVEfmt " + struct.pack("<I", 16) + form
    )
    return head + b"data" + struct.pack("<I", promised) + samples


def cut(suffix: str, hz: float, subtype: str | None = None) -> Callable[[Path], None]:
    """The first two thirds of a noisy file, which packs badly and so has many blocks."""

    def make(path: Path) -> None:
        samples = 0.3 * np.random.default_rng(int(hz)).standard_normal(5 * RATE).clip(-3, 3)
        soundfile.write(
            path, samples, RATE, subtype, format={".oga": "OGG"}.get(suffix, suffix[1:].upper())
        )
        path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])

    return make


def flipped(form: str) -> Callable[[Path], None]:
    """With damage in its middle."""

    def make(path: Path) -> None:
        soundfile.write(path, tone(4, 610), RATE, format=form)
        data = bytearray(path.read_bytes())
        for at in range(len(data) // 2, len(data) // 2 + 400):
            data[at] ^= 0x5A
        path.write_bytes(data)

    return make


def mp3_with_art(path: Path) -> None:
    """An ID3 tag with a picture before the frames."""
    soundfile.write(path, tone(1, 620), RATE, format="MP3")
    art = b"\0image/png\0\3\0" + bytes(5000)
    frame = b"APIC" + struct.pack(">I", len(art)) + b"\0\0" + art
    size = len(frame)
    synchsafe = bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
    path.write_bytes(b"ID3\3\0\0" + synchsafe + frame + path.read_bytes())


def by_ffmpeg(suffix: str, hz: float, share: float = 1) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        whole, source = path.with_name(f"whole{suffix}"), path.with_name("whole.wav")
        soundfile.write(source, tone(2, hz, 16000), 16000)
        options = {
            ".m4a": ["-movflags", "faststart"],
            ".mp3": ["-write_xing", "0", "-q:a", "2"],
        }.get(suffix, [])
        subprocess.run(["ffmpeg", "-v", "error", "-i", source, *options, whole], check=True)
        data = whole.read_bytes()
        source.unlink()
        whole.unlink()
        path.write_bytes(data[: int(len(data) * share)])

    return make


def streamed_flac(path: Path) -> None:
    soundfile.write(path, tone(2, 780, 16000), 16000, format="FLAC")
    data = bytearray(path.read_bytes())
    data[21:26] = bytes([data[21] & 0xF0, 0, 0, 0, 0])  # its number of samples
    path.write_bytes(data)


def three_hours(path: Path) -> None:
    block = (0.1 * np.random.default_rng(0).standard_normal(60 * RATE)).astype(np.float32)
    with soundfile.SoundFile(path, "w", RATE, 1, "ULAW", format="AU") as file:
        for _ in range(LONG // 60):
            file.write(block)


def six_hours_of_silence(path: Path) -> None:
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16", format="FLAC") as file:
        for _ in range(2 * LONG // 600):
            file.write(np.zeros(600 * RATE, np.int16))


def zip_bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("zeros.wav", bytes(10**7))


def zip_slip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("../../outside.wav", wav())


def unix_socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # its path may have 107 bytes
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path.name)
    os.chdir(here)


def antiphase(path: Path) -> None:
    soundfile.write(path, np.stack([tone(1, 630), -tone(1, 630)], axis=1), RATE)


def link(to: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(to)


CLIPPED = np.clip(4 * tone(1, 640), -1, 1)
FULL = tone(1, 650)

FILES: dict[str, Odd] = {
    # Used, and nothing is odd about them.
    "good 8 bits.wav": used(made(300, "PCM_U8")),
    "good 16 bits.wav": used(made(310)),
    "good 24 bits.wav": used(made(320, "PCM_24")),
    "good 32 bits.wav": used(made(330, "PCM_32")),
    "good integers.wav": used(integers),
    "good float.wav": used(made(340, "FLOAT")),
    "good double.wav": used(made(350, "DOUBLE")),
    "good a-law.wav": used(made(360, "ALAW")),
    "good u-law.wav": used(made(370, "ULAW")),
    "good ima adpcm.wav": used(made(380, "IMA_ADPCM")),
    "good 192 kHz.wav": used(made(390, rate=192000)),
    "good stereo.wav": used(
        lambda path: soundfile.write(path, np.stack([tone(1, 395), tone(1, 396)], axis=1), RATE)
    ),
    "good.flac": used(made(400)),
    "good.ogg": used(made(410, "VORBIS")),
    "good.opus": used(made(420, "OPUS", form="OGG")),
    "good.mp3": used(made(430, "MPEG_LAYER_III")),
    "good.aiff": used(made(440)),
    "good.au": used(made(450)),
    "good.caf": used(made(460)),
    "good with art.mp3": used(mp3_with_art),
    "good of a stream.wav": used(bytes_of(wav(size=2**32 - 1))),
    "good.w64": used(made(465)),
    "good rf64.wav": used(made(467, form="RF64")),
    "good three hours.au": used(three_hours),
    "name with space, comma and 'quotes\".wav": used(made(470)),
    "name#with%odd&signs.wav": used(made(480)),
    "name\nof two lines.wav": used(made(490)),
    "name 🎵.wav": used(made(500)),
    "name without suffix": used(made(510, form="WAV")),
    "link inside.wav": out(link("deep/linked to.wav"), "the same bytes as 'deep/linked to.wav'"),
    "=cmd()": used(made(515, form="WAV")),
    # Used, with a warning.
    "over 1.wav": used(of(1.5 * FULL * 2), "peaks at 1.5, over full scale"),
    "clipped.wav": used(of(CLIPPED, subtype="PCM_16"), "clipped: "),
    "odd rate.wav": used(made(520, rate=12345), "an unusual sample rate of 12345 Hz"),
    "low rate.wav": used(made(530, rate=4000), "an unusual sample rate of 4000 Hz"),
    "offset.wav": used(of(0.5 * tone(1, 540) + 0.3), "an offset of 0.3"),
    "nearly antiphase.wav": used(
        lambda path: soundfile.write(
            path, np.stack([tone(1, 545), -0.9 * tone(1, 545)], axis=1), RATE
        ),
        "its channels nearly cancel each other out",
    ),
    "flac inside.wav": used(made(550, form="FLAC"), "holds FLAC, though its name does not say so"),
    "wav inside.mp3": used(made(560, form="WAV"), "holds WAV, though its name does not say so"),
    "sound inside.txt": used(made(570, form="OGG"), "holds OGG, though its name does not say so"),
    "case.wav": used(made(580), "another name differs in case alone"),
    "CASE.wav": used(made(590), "another name differs in case alone"),
    # Left out: no sound.
    "empty.wav": out(bytes_of(b""), "not a sound file: it is empty"),
    "header only.wav": out(bytes_of(wav()[:44]), "truncated: 0 of 16000 bytes are there"),
    "header without samples.wav": out(bytes_of(wav(size=0)[:44]), "holds no samples"),
    "half a header.wav": out(bytes_of(wav()[:20]), "not a sound file: "),
    "text.wav": out(bytes_of(b"hello"), "not a sound file: it is a table or text"),
    "noise.wav": out(
        bytes_of(np.random.default_rng(1).bytes(9999)), "not a sound file: format not recognised"
    ),
    "web page.wav": out(
        bytes_of(b"<!DOCTYPE html><html>"), "not a sound file: it is a web page, saved in its place"
    ),
    "lfs.wav": out(
        bytes_of(b"version https://git-lfs.github.com/spec/v1\n"),
        "it is a Git LFS pointer, `git lfs pull`",
    ),
    "bomb.zip": out(zip_bomb, "not a sound file: it is an archive: unpack it"),
    "slip.zip": out(zip_slip, "not a sound file: it is an archive: unpack it"),
    "picture.png": out(
        bytes_of(b"\x89PNG\r\n\x1a\n" + bytes(90)), "not a sound file: format not recognised"
    ),
    # Left out: damaged.
    "truncated.wav": out(cut(".wav", 1), "truncated: "),
    "truncated.flac": out(cut(".flac", 2), "damaged: flac decoder lost sync"),
    "truncated.ogg": out(cut(".ogg", 3), "truncated: its last page is not there"),
    "truncated.oga": out(cut(".oga", 4, "OPUS"), "truncated: its last page is not there"),
    "truncated.mp3": out(cut(".mp3", 5), "truncated: "),
    "truncated.w64": out(cut(".w64", 9), "truncated: "),
    "truncated.rf64": out(cut(".rf64", 11), "truncated: "),
    "unusual.svx": out(made(615), "SVX is not read: convert it to WAV or FLAC"),
    "truncated.aiff": out(cut(".aiff", 6), "truncated: "),
    "truncated.au": out(cut(".au", 7), "truncated: "),
    "truncated.caf": out(cut(".caf", 8), "not a sound file: "),
    "damaged.flac": out(flipped("FLAC"), "damaged: "),
    "damaged.ogg": out(
        flipped("OGG"), "not a sound file: supported file format but file is malformed"
    ),
    "lying size.wav": out(
        bytes_of(wav(size=2**30)), "truncated: 16000 of 1073741824 bytes are there"
    ),
    "lying channels.wav": out(bytes_of(wav(channels=65535)), "not a sound file: "),
    "no channels.wav": out(bytes_of(wav(channels=0)), "not a sound file: "),
    "0 Hz.wav": out(bytes_of(wav(rate=0)), "not a sound file: internal error"),
    "1 Hz.wav": out(bytes_of(wav(rate=1)), "a sample rate of 1 Hz, not within 1000 and 768000 Hz"),
    "4 GHz.wav": out(
        bytes_of(wav(rate=2**31 - 1)),
        "a sample rate of 2147483647 Hz, not within 1000 and 768000 Hz",
    ),
    "unknown codec.wav": out(bytes_of(wav(codec=0x1234)), "not a sound file: "),
    # Left out: nothing to learn from.
    "nan.wav": out(
        of(np.where(np.arange(RATE) == 9, np.nan, FULL)), "holds samples that are not finite"
    ),
    "infinite.wav": out(
        of(np.where(np.arange(RATE) == 9, np.inf, FULL)), "holds samples that are not finite"
    ),
    "huge.wav": out(of(1e30 * FULL), "its samples reach 5e+29, where full scale is 1"),
    "unscaled.wav": out(of(32768 * FULL), "its samples reach 1.64e+04, where full scale is 1"),
    "denormal.wav": out(
        of(np.full(RATE, 1e-40)), "silent: no sample over fetch.min_peak_dbfs = -60"
    ),
    "silent.wav": out(of(np.zeros(RATE)), "silent: no sample over fetch.min_peak_dbfs = -60"),
    "dc.wav": out(of(np.full(RATE, 0.25)), "silent: a constant offset of 0.25 and nothing else"),
    "antiphase.wav": out(antiphase, "silent in mono: its channels cancel each other out"),
    "one sample.wav": out(of(FULL[5:6]), "0.000 s, shorter than fetch.min_seconds = 0.4"),
    "six hours of silence.flac": out(
        six_hours_of_silence, "silent: no sample over fetch.min_peak_dbfs = -60"
    ),
    # Left out: copies.
    "same bytes.wav": out(made(310), "the same bytes as 'good 16 bits.wav'"),
    "same samples.flac": out(integers, "the same samples as 'good integers.wav'"),
    # Left out: not files.
    "dangling.wav": out(link("nowhere"), "a link to nothing", hashable=False),
    "loop": out(link("."), "a link to a folder", hashable=False),
    "link out.wav": out(link(__file__), "a link out of the folder: put the file itself there"),
    "fifo.wav": out(os.mkfifo, "not a file, but a FIFO, socket or device", hashable=False),
    "socket.wav": out(unix_socket, "not a file, but a FIFO, socket or device", hashable=False),
    # Passed over.
    ".hidden.wav": Odd(made(600), "not chosen", "hidden: its name begins with a dot"),
    ".git": Odd(
        lambda path: path.mkdir(),
        "not chosen",
        "hidden: its name begins with a dot",
        hashable=False,
    ),
    "deep/linked to.wav": used(made(605)),
}

BY_FFMPEG: dict[str, Odd] = {
    "good.m4a": used(by_ffmpeg(".m4a", 700)),
    "good.aac": used(by_ffmpeg(".aac", 710)),
    "good.wma": used(by_ffmpeg(".wma", 720)),
    "m4a inside.wav": used(by_ffmpeg(".m4a", 730), "holds MP4, though its name does not say so"),
    "no length.mp3": used(by_ffmpeg(".mp3", 770)),
    "no length.flac": used(streamed_flac),
    "truncated.m4a": out(by_ffmpeg(".m4a", 740, 0.6), "damaged: ffmpeg cannot decode all of it"),
    "truncated.aac": out(by_ffmpeg(".aac", 750, 0.6), "damaged: ffmpeg cannot decode all of it"),
    "truncated.wma": out(by_ffmpeg(".wma", 760, 0.6), "damaged: ffmpeg cannot decode all of it"),
    "half a header.m4a": out(
        bytes_of(b"\0\0\0\x18ftypM4A \0\0"), "damaged: ffmpeg finds no sound in it"
    ),
}


def make(folder: Path, files: dict[str, Odd]) -> None:
    """All of them in a folder."""
    (folder / "deep").mkdir(parents=True, exist_ok=True)
    for name, file in files.items():
        file.make(folder / name)
