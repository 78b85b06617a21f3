import warnings
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import tone

from sonovae import sound, waveform
from sonovae.errors import Unreadable


def test_write_and_read_differ_by_a_16_bit_step(tmp_path: Path, rng: np.random.Generator) -> None:
    samples = rng.uniform(-1, 1, 4000).astype(np.float32)
    sound.write(tmp_path / "a.wav", samples, 8000)
    back, sample_rate = sound.read(tmp_path / "a.wav")
    assert sample_rate == 8000
    np.testing.assert_allclose(back, samples, atol=2**-15)


@pytest.mark.parametrize("bad", [1.5, np.nan, np.inf])
def test_write_refuses_what_would_clip(tmp_path: Path, bad: float) -> None:
    with pytest.raises(ValueError, match="finite and lie in"):
        sound.write(tmp_path / "a.wav", np.array([0, bad], np.float32), 8000)


def test_channels_become_their_mean(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", np.stack([tone(), -0.5 * tone()], axis=1), 8000)
    samples, _ = sound.read(tmp_path / "a.flac")
    np.testing.assert_allclose(samples, 0.25 * tone(), atol=1e-4)


def test_inspect_tells_the_facts(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.ogg", np.stack([tone(2)] * 2, axis=1), 8000)
    facts = sound.inspect(tmp_path / "a.ogg")
    assert (facts.seconds, facts.sample_rate, facts.channels) == (2.0, 8000, 2)
    assert facts.peak == pytest.approx(0.5, abs=0.05)


def test_level_and_back() -> None:
    levelled, gain = waveform.level(tone(), -6.0)
    assert np.abs(levelled).max() == pytest.approx(10 ** (-6 / 20))
    np.testing.assert_allclose(waveform.unlevel(levelled, gain), tone(), atol=1e-6)


def test_unlevel_never_clips() -> None:
    assert np.abs(waveform.unlevel(tone(), gain=0.1)).max() <= 1


def test_resample_keeps_a_tone() -> None:
    up = waveform.resample(tone(hz=440), 8000, 22050)
    spectrum = np.abs(np.fft.rfft(up * np.hanning(len(up))))
    assert np.argmax(spectrum) * 22050 / len(up) == pytest.approx(440, abs=1)
    down = waveform.resample(up, 22050, 8000)
    np.testing.assert_allclose(down[200:-200], tone()[200 : len(down) - 200], atol=1e-3)


def test_cut_drops_or_pads_the_rest() -> None:
    samples = np.arange(25, dtype=np.float32)
    assert waveform.cut(samples, 10, "drop").tolist() == [list(range(10)), list(range(10, 20))]
    assert waveform.cut(samples, 10, "pad")[2].tolist() == [20, 21, 22, 23, 24, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("seed", range(24))
def test_silence_is_pydubs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sample_rate = int(rng.choice([8000, 11025, 16000, 22050, 44100]))
    bursts = [
        10 ** (rng.uniform(-80, -6) / 20) * rng.standard_normal(int(rng.uniform(0.01, 0.9) * sample_rate))
        for _ in range(rng.integers(1, 7))
    ]
    samples = np.clip(np.concatenate(bursts), -1, 1).astype(np.float32)
    threshold = float(rng.uniform(-50, -20))
    min_seconds = float(rng.choice([0.1, 0.2, 0.5]))
    found = waveform.nonsilent(samples, sample_rate, min_seconds, threshold)
    assert found == pydub_nonsilent(samples, sample_rate, min_seconds, threshold)


def pydub_nonsilent(
    samples: np.ndarray, sample_rate: int, min_seconds: float, threshold: float
) -> list[tuple[int, int]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pydub import AudioSegment
        from pydub.silence import detect_nonsilent
    integers = np.round(np.clip(samples, -1, 1 - 2**-15) * 2**15).astype("<i2")
    segment = AudioSegment(integers.tobytes(), frame_rate=sample_rate, sample_width=2, channels=1)
    ranges = detect_nonsilent(segment, round(1000 * min_seconds), threshold, seek_step=1)
    per_ms = sample_rate / 1000
    return [(int(a * per_ms), len(samples) if b == len(segment) else int(b * per_ms)) for a, b in ranges if b > a]


def test_all_silent_and_none_silent() -> None:
    assert waveform.nonsilent(np.zeros(8000, np.float32), 8000, 0.5, -40) == []
    assert waveform.nonsilent(tone(), 8000, 0.5, -40) == [(0, 8000)]
    assert waveform.nonsilent(tone(0.1), 8000, 0.5, -40) == [(0, 800)]


def damaged(path: Path) -> str:
    with pytest.raises(Unreadable) as caught:
        sound.inspect(path)
    return str(caught.value)


def test_truncated_wav_is_named(tmp_path: Path) -> None:
    sound.write(tmp_path / "a.wav", tone(), 8000)
    (tmp_path / "b.wav").write_bytes((tmp_path / "a.wav").read_bytes()[:9000])
    assert damaged(tmp_path / "b.wav") == "truncated: 8956 of 16000 bytes of samples are there"


@pytest.mark.parametrize("length", [b"\xff\xff\xff\xff", b"\x00\xf0\xff\x7f", b"\x00\x00\x00\x80"])
def test_streamed_wav_with_an_open_length_is_whole(tmp_path: Path, length: bytes) -> None:
    sound.write(tmp_path / "a.wav", tone(), 8000)
    data = bytearray((tmp_path / "a.wav").read_bytes())
    data[40:44] = length
    (tmp_path / "a.wav").write_bytes(data)
    assert sound.inspect(tmp_path / "a.wav").seconds == 1.0


def test_truncated_flac_is_damaged(tmp_path: Path, rng: np.random.Generator) -> None:
    soundfile.write(tmp_path / "a.flac", rng.uniform(-0.5, 0.5, 32000), 8000)
    whole = (tmp_path / "a.flac").read_bytes()
    (tmp_path / "b.flac").write_bytes(whole[: len(whole) // 2])
    assert damaged(tmp_path / "b.flac") == "damaged: flac decoder lost sync"


def test_truncated_mp3_is_named_or_short_but_never_memory(tmp_path: Path, rng: np.random.Generator) -> None:
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


def test_without_ffmpeg_the_message_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.m4a").write_bytes(b"\0\0\0\x18ftypM4A ")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "needs ffmpeg, which is not installed" in damaged(tmp_path / "a.m4a")
