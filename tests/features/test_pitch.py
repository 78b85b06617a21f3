"""The pitch of tones, voices, noise and silence."""

import numpy as np
import pytest

from sonovae.features import pitch
from sonovae.features.pitch import Range, Track
from tests.making import voices

RATES = (8000, 16_000, 22_050)
VOICE = Range(60, 440)


def cents(found: np.ndarray, hz: np.ndarray | float) -> np.ndarray:
    return 1200 * np.abs(np.log2(found / hz))


def tracked(sound: np.ndarray, sample_rate: int, pitches: Range = VOICE) -> Track:
    return pitch.track(voices.peaking(sound, 0.5), sample_rate, pitches)


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("hz", [80, 220])
def test_pitch_of_a_pulse_train(hz: float, sample_rate: int) -> None:
    """Also if its period is no whole number of samples."""
    sound = voices.harmonics(voices.steady(hz, 0.4, sample_rate), sample_rate)
    for pitches in (VOICE, pitch.widest(sample_rate)):
        found = tracked(sound, sample_rate, pitches)
        assert cents(found.hz, hz).max() < 5
        # A frame holds only four pulses of the lowest pitch.
        assert found.strength.min() > 0.95
        assert found.voiced.all()


@pytest.mark.parametrize(
    ("hz", "sample_rate"),
    [(1500, 8000), (1500, 16_000), (1500, 22_050), (3000, 16_000), (3000, 22_050)],
)
def test_pitch_of_a_pure_tone(hz: float, sample_rate: int) -> None:
    sound = voices.sine(voices.steady(hz, 0.4, sample_rate), sample_rate)
    for pitches in (Range(hz / 2, 1.3 * hz), pitch.widest(sample_rate)):
        found = tracked(sound, sample_rate, pitches)
        assert cents(found.hz, hz).max() < 5
        assert found.strength.min() > 0.99


@pytest.mark.parametrize(("first", "last"), [(100, 200), (300, 150)])
def test_pitch_of_a_glide(first: float, last: float) -> None:
    """Each frame has the pitch at its centre."""
    hz = np.geomspace(first, last, 8000)
    found = tracked(voices.harmonics(hz, 8000), 8000)
    frames = pitch.framed(hz, 8000)
    assert cents(found.hz, frames[:, frames.shape[1] // 2]).max() < 20


@pytest.mark.parametrize("hz", [130, 200, 310])
def test_octave_cost_chooses_the_pitch_not_its_sub_octave(
    hz: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All multiples of the period correlate as well, but for rounding."""
    sound = voices.harmonics(voices.steady(hz, 0.4, 8000), 8000)
    assert cents(tracked(sound, 8000).hz, hz).max() < 5
    monkeypatch.setattr(pitch, "OCTAVE_COST", -pitch.OCTAVE_COST)
    assert np.median(tracked(sound, 8000).hz) < 0.6 * hz


def test_a_range_leaves_out_other_pitches() -> None:
    sound = voices.harmonics(voices.steady(200, 0.4, 8000), 8000)
    assert cents(tracked(sound, 8000, Range(60, 150)).hz, 100).max() < 5


@pytest.mark.parametrize("sample_rate", RATES)
def test_noise_is_not_voiced(sample_rate: int, rng: np.random.Generator) -> None:
    found = tracked(rng.standard_normal(sample_rate), sample_rate)
    assert found.voiced.mean() < 0.05


@pytest.mark.parametrize("length", [0, 1, 100, 4000])
def test_silence_has_no_pitch(length: int) -> None:
    found = pitch.track(np.zeros(length, np.float32), 8000, VOICE)
    np.testing.assert_array_equal(found.strength, 0)
    np.testing.assert_array_equal(found.hz, 0)
    np.testing.assert_allclose(found.level, -100)
    assert found.loud.all()
    assert not found.voiced.any()


def test_a_constant_has_no_pitch() -> None:
    found = pitch.track(np.full(4000, 0.3, np.float32), 8000, VOICE)
    assert not found.voiced.any()


def test_a_clip_shorter_than_a_frame_is_one_frame() -> None:
    sound = voices.harmonics(voices.steady(200, 0.04, 8000), 8000)
    found = tracked(sound, 8000)
    assert found.hz.shape == (1,)
    assert cents(found.hz, 200).max() < 50


def test_frames_overlap() -> None:
    frames = pitch.framed(np.arange(1000, dtype=np.float32), 8000)
    assert frames.shape == (8, 400)
    np.testing.assert_array_equal(frames[:, 0], np.arange(0, 601, 80) + np.zeros(8))


def test_levels_are_rms_in_dbfs() -> None:
    sound = voices.sine(voices.steady(100, 0.4, 8000), 8000)
    found = pitch.track(np.concatenate([sound, sound / 10]), 8000, VOICE)
    assert found.level[0] == pytest.approx(-9.03, abs=0.01)
    assert found.level[-1] == pytest.approx(-29.03, abs=0.01)
    np.testing.assert_array_equal(found.loud[[0, -1]], [True, False])
    np.testing.assert_array_equal(found.audible[[0, -1]], [True, True])


def test_range_of_voices_is_an_octave_wider() -> None:
    sounds = voices.recordings(2, seed=1).samples
    low = [voices.harmonics(voices.steady(hz, 0.5, 8000), 8000) for hz in (100, 150, 200)]
    found = pitch.range_of([voices.peaking(sound, 0.5) for sound in low], 8000)
    assert found is not None
    assert found.lowest == pitch.LOWEST_HZ
    assert found.highest == pytest.approx(400, rel=0.01)
    spoken = pitch.range_of(sounds, 8000)
    assert spoken is not None
    assert spoken.lowest < 100
    assert 300 < spoken.highest < 700


def test_noise_has_no_range(rng: np.random.Generator) -> None:
    noise = [rng.standard_normal(8000).astype(np.float32) for _ in range(3)]
    assert pitch.range_of(noise, 8000) is None
    assert pitch.range_of([np.zeros(8000, np.float32)], 8000) is None
    assert pitch.range_of([], 8000) is None
