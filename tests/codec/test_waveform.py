import warnings

import librosa
import numpy as np
import pytest

from sonovae.codec import silence, waveform
from tests.making.recordings import tone


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


@pytest.mark.parametrize("seed", range(24))
def test_silence_is_pydubs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sample_rate = int(rng.choice([8000, 11025, 16000, 22050, 44100]))
    bursts = [
        10 ** (rng.uniform(-80, -6) / 20)
        * rng.standard_normal(int(rng.uniform(0.01, 0.9) * sample_rate))
        for _ in range(rng.integers(1, 7))
    ]
    samples = np.clip(np.concatenate(bursts), -1, 1).astype(np.float32)
    threshold = float(rng.uniform(-50, -20))
    min_seconds = float(rng.choice([0.1, 0.2, 0.5]))
    found = silence.nonsilent(samples, sample_rate, min_seconds, threshold)
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
    return [
        (int(a * per_ms), len(samples) if b == len(segment) else int(b * per_ms))
        for a, b in ranges
        if b > a
    ]


def test_all_silent_and_none_silent() -> None:
    assert silence.nonsilent(np.zeros(8000, np.float32), 8000, 0.5, -40) == []
    assert silence.nonsilent(tone(), 8000, 0.5, -40) == [(0, 8000)]
    assert silence.nonsilent(tone(0.1), 8000, 0.5, -40) == [(0, 800)]


def test_polish_takes_off_what_clicks() -> None:
    """No constant part, ends that begin at nothing, and the middle of a tone as it was."""
    wave = (0.5 * np.cos(2 * np.pi * 400 * np.arange(8000) / 8000)).astype(np.float32)
    found = waveform.polish(wave + np.float32(0.3), 8000)
    assert abs(found[0]) < 0.01
    assert abs(found[-1]) < 0.01
    np.testing.assert_allclose(found[1000:-1000], wave[1000:-1000], atol=0.01)
    assert waveform.polish(wave[:1], 8000).shape == (1,)


def test_polish_leaves_silence_silent() -> None:
    """A mean that is subtracted would be heard where nothing was."""
    samples = np.concatenate([np.abs(tone(0.3)), np.zeros(8000, np.float32)])
    found = waveform.polish(samples, 8000)
    assert abs(found[:2400].mean()) < 0.1 * samples[:2400].mean()
    assert np.abs(found[-4000:]).max() < 1e-3


def test_crossfaded_clips_join_without_a_seam() -> None:
    """Pieces of one sound, cut with overlap, are that sound again."""
    whole = np.sin(np.arange(1000) / 10).astype(np.float32)
    pieces = np.stack([whole[start : start + 400] for start in (0, 200, 400, 600)])
    np.testing.assert_allclose(waveform.crossfade(pieces, 200), whole, atol=1e-6)
    np.testing.assert_array_equal(waveform.crossfade(pieces[:1], 200), pieces[0])


@pytest.mark.parametrize("n", [1, 399, 400, 401, 1000, 1001])
def test_overlapping_and_back(n: int, rng: np.random.Generator) -> None:
    samples = rng.normal(size=n).astype(np.float32)
    clips = waveform.overlapping(samples, 400, 200, 0)
    assert clips.shape == (max(1, -(-(n - 200) // 200)), 400)
    np.testing.assert_allclose(waveform.crossfade(clips, 200)[:n], samples, atol=1e-6)


def test_overlapping_clips_fade_where_they_are_cut_off() -> None:
    """And where they are joined, that is not heard."""
    first, middle, last = waveform.overlapping(np.ones(800, np.float32), 400, 200, 10)
    assert (first[:390] == 1).all()
    assert (middle[10:390] == 1).all()
    assert (last[10:] == 1).all()
    for end in (first[390:][::-1], middle[:10], middle[390:][::-1], last[:10]):
        np.testing.assert_allclose(end, np.hanning(41)[1:20:2], atol=1e-6)
    np.testing.assert_allclose(
        waveform.crossfade(np.stack([first, middle, last]), 200), 1, atol=5e-3
    )


def test_polish_refuses_what_is_not_finite() -> None:
    with pytest.raises(ValueError, match="samples must be finite"):
        waveform.polish(np.array([0, np.nan, 0], np.float32), 8000)


def test_silence_does_not_depend_on_the_stretches(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silences over the end of a stretch, and one that lasts for several."""
    bursts = [
        np.pad(0.5 * rng.standard_normal(n), (0, m))
        for n, m in [(900, 5000), (8000, 100), (3000, 40000), (9, 0)]
    ]
    samples = np.clip(np.concatenate(bursts), -1, 1).astype(np.float32)
    whole = silence.nonsilent(samples, 8000, 0.1, -40)
    assert len(whole) > 2
    for stretch in (7, 100, 1000):
        monkeypatch.setattr(silence, "SEARCHED_MS", stretch)
        assert silence.nonsilent(samples, 8000, 0.1, -40) == whole


@pytest.mark.parametrize(
    ("rate", "target"), [(8000, 22050), (44100, 22050), (48000, 16000), (22050, 22050)]
)
def test_blocks_are_resampled_as_the_whole_is_by_librosa(
    rng: np.random.Generator, rate: int, target: int
) -> None:
    for n in (1, 1000, 20001):
        samples = rng.normal(size=n).astype(np.float32)
        wanted = librosa.resample(samples, orig_sr=rate, target_sr=target)
        for parts in (1, 3):
            found = list(waveform.resample_blocks(np.array_split(samples, parts), rate, target))
            np.testing.assert_array_equal(np.concatenate(found), wanted)


@pytest.mark.parametrize(
    ("rate", "target"), [(8000, 22050), (44100, 16000), (48000, 22050), (22050, 22050)]
)
def test_together_they_are_resampled_as_each_alone(
    rng: np.random.Generator, rate: int, target: int
) -> None:
    """Order is kept for all lengths; the last group is not full; some are half a sample long."""
    lengths = [0, 1, 2, 3, 480, 800, 1440, *rng.integers(1, 9000, 2 * waveform.CHANNELS)]
    recordings = [rng.normal(size=n).astype(np.float32) for n in lengths]
    found = waveform.resample_together(recordings, rate, target)
    for samples, made in zip(recordings, found, strict=True):
        np.testing.assert_array_equal(made, waveform.resample(samples, rate, target))
