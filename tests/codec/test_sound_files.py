import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sonovae.codec import ffmpeg, sound_files
from sonovae.errors import Unreadable
from tests.making.recordings import tone


def test_write_and_read_differ_by_a_16_bit_step(tmp_path: Path, rng: np.random.Generator) -> None:
    samples = rng.uniform(-1, 1, 4000).astype(np.float32)
    sound_files.write(tmp_path / "a.wav", samples, 8000)
    back, sample_rate = sound_files.read(tmp_path / "a.wav")
    assert sample_rate == 8000
    np.testing.assert_allclose(back, samples, atol=2**-15)


@pytest.mark.parametrize(
    ("name", "subtype"),
    [
        ("a.wav", "PCM_16"),
        ("a.flac", "PCM_16"),
        ("a.aiff", "PCM_16"),
        ("a.wav", "PCM_24"),
        ("a.wav", "FLOAT"),
    ],
)
def test_read_gives_libsndfiles_bits(
    tmp_path: Path, rng: np.random.Generator, name: str, subtype: str
) -> None:
    every = rng.permutation(np.arange(-(2**15), 2**15, dtype=np.int16))  # more than one block holds
    soundfile.write(tmp_path / name, np.tile(every, 3), 8000, subtype)
    wanted, _ = soundfile.read(tmp_path / name, dtype="float32")
    np.testing.assert_array_equal(sound_files.read(tmp_path / name)[0], wanted)


@pytest.mark.parametrize("bad", [1.5, np.nan, np.inf])
def test_write_refuses_what_would_clip(tmp_path: Path, bad: float) -> None:
    with pytest.raises(ValueError, match="finite and lie in"):
        sound_files.write(tmp_path / "a.wav", np.array([0, bad], np.float32), 8000)


def test_channels_become_their_mean(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", np.stack([tone(), -0.5 * tone()], axis=1), 8000)
    samples, _ = sound_files.read(tmp_path / "a.flac")
    np.testing.assert_allclose(samples, 0.25 * tone(), atol=1e-4)


def test_inspect_tells_the_facts(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.ogg", np.stack([tone(2)] * 2, axis=1), 8000)
    facts = sound_files.inspect(tmp_path / "a.ogg")
    assert (facts.seconds, facts.sample_rate, facts.channels) == (2.0, 8000, 2)
    assert facts.peak == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), soundfile.LibsndfileError(1)]
)
def test_an_error_of_the_block_is_not_the_files(tmp_path: Path, error: Exception) -> None:
    sound_files.write(tmp_path / "a.wav", tone(), 8000)
    with (
        pytest.raises(type(error)) as caught,
        sound_files.streamed(tmp_path / "a.wav") as (blocks, _),
    ):
        next(blocks)
        raise error
    assert caught.value is error


def test_an_error_of_the_decoder_is_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> Iterator[np.ndarray]:
        yield np.zeros((1, 1), np.float32)
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(sound_files, "_blocks", lost)
    sound_files.write(tmp_path / "a.wav", tone(), 8000)
    assert damaged(tmp_path / "a.wav") == "cannot be opened: Input/output error"


def damaged(path: Path) -> str:
    with pytest.raises(Unreadable) as caught:
        sound_files.inspect(path)
    return str(caught.value)


def test_truncated_wav_is_named(tmp_path: Path) -> None:
    sound_files.write(tmp_path / "a.wav", tone(), 8000)
    (tmp_path / "b.wav").write_bytes((tmp_path / "a.wav").read_bytes()[:9000])
    assert damaged(tmp_path / "b.wav") == "truncated: 8956 of 16000 bytes are there"


@pytest.mark.parametrize("length", [b"\xff\xff\xff\xff", b"\x00\xf0\xff\x7f", b"\x00\x00\x00\x80"])
def test_streamed_wav_with_an_open_length_is_whole(tmp_path: Path, length: bytes) -> None:
    sound_files.write(tmp_path / "a.wav", tone(), 8000)
    data = bytearray((tmp_path / "a.wav").read_bytes())
    data[40:44] = length
    (tmp_path / "a.wav").write_bytes(data)
    assert sound_files.inspect(tmp_path / "a.wav").seconds == 1.0


def test_truncated_flac_is_damaged(tmp_path: Path, rng: np.random.Generator) -> None:
    soundfile.write(tmp_path / "a.flac", rng.uniform(-0.5, 0.5, 32000), 8000)
    whole = (tmp_path / "a.flac").read_bytes()
    (tmp_path / "b.flac").write_bytes(whole[: len(whole) // 2])
    assert damaged(tmp_path / "b.flac") == "damaged: flac decoder lost sync"


def test_truncated_mp3_is_named_or_short_but_never_memory(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    soundfile.write(tmp_path / "a.mp3", rng.uniform(-0.5, 0.5, 64000), 16000)
    whole = (tmp_path / "a.mp3").read_bytes()
    (tmp_path / "b.mp3").write_bytes(whole[: len(whole) // 2])
    assert damaged(tmp_path / "b.mp3").startswith("truncated: ")


def test_text_is_not_a_sound_file(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("hello")
    assert damaged(tmp_path / "a.wav") == "not a sound file: it is a table or text"


def test_samples_that_are_not_finite(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.array([0, np.nan, 0.1]), 8000, subtype="FLOAT")
    assert damaged(tmp_path / "a.wav") == "holds samples that are not finite (NaN or infinite)"


def test_without_ffmpeg_the_message_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.m4a").write_bytes(b"\0\0\0\x18ftypM4A ")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "needs ffmpeg, which is not installed" in damaged(tmp_path / "a.m4a")


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ('{"programs": [], "streams": [{"sample_rate": "44100", "channels": 2}]}', (44100, 2)),
        ('{"programs": [], "streams": []}', "damaged: ffmpeg finds no sound in it"),
        ("{}", "damaged: ffmpeg finds no sound in it"),
        ("", "damaged: ffmpeg finds no sound in it"),
        ('{"streams": [{"channels": 1}]}', "damaged: ffmpeg finds no sound in it"),
        (
            '{"streams": [{"sample_rate": "0", "channels": 1}]}',
            "its header promises 0 Hz and 1 channels",
        ),
    ],
)
def test_what_ffprobe_says(
    tmp_path: Path, said: str, found: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in for it, as not every machine has ffmpeg."""
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("ffprobe", "ffmpeg"):
        (tmp_path / name).write_text(
            f"#!/bin/sh\ncase \"$*\" in *-of\\ json*-i\\ file:-a.m4a) echo '{said}' ;; esac\n"
        )
        (tmp_path / name).chmod(0o755)
    if isinstance(found, tuple):
        assert ffmpeg.probe(Path("-a.m4a"), "MP4") == found
        return
    with pytest.raises(Unreadable) as caught:
        ffmpeg.probe(Path("-a.m4a"), "MP4")
    assert str(caught.value) == found


def test_a_long_file_costs_no_memory(tmp_path: Path) -> None:
    """An hour at 8 kHz is 115 MB of samples."""
    with soundfile.SoundFile(tmp_path / "a.au", "w", 8000, 1, "ULAW", format="AU") as file:
        for _ in range(60):
            file.write(np.tile(tone(1), 60))
    tracemalloc.start()
    facts = sound_files.inspect(tmp_path / "a.au")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert facts.seconds == 3600
    assert peak < 40e6


def test_equal_samples_have_an_equal_hash_in_any_lossless_format(tmp_path: Path) -> None:
    samples = np.round(tone() * 32767).astype(np.int16)
    for name in ("a.wav", "a.flac", "a.aiff"):
        soundfile.write(tmp_path / name, samples, 8000)
    soundfile.write(tmp_path / "other rate.wav", samples, 16000)
    hashes = {path.name: sound_files.inspect(path).samples_sha256 for path in tmp_path.iterdir()}
    assert hashes["a.wav"] == hashes["a.flac"] == hashes["a.aiff"] != hashes["other rate.wav"]
