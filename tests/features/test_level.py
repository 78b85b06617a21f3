"""Levels of sounds that are known: peak, crest, deviation, and how much of a clip sounds."""

import numpy as np
import pytest

from sonovae.features import level, pitch
from sonovae.features.pitch import Range, Track
from tests.making import voices

TONE = voices.sine(voices.steady(200, 1, 8000), 8000)
SECONDS = np.arange(8000) / 8000


def tracked(sound: np.ndarray) -> Track:
    return pitch.track(np.asarray(sound, np.float32), 8000, Range(60, 440))


@pytest.mark.parametrize(("gain", "decibels"), [(2, 0), (1, -6.02), (0.02, -40), (0, -100)])
def test_peak_in_dbfs(gain: float, decibels: float) -> None:
    assert level.peak(np.float32(gain) * TONE) == pytest.approx(decibels, abs=0.01)


def test_peak_may_be_negative() -> None:
    assert level.peak(np.float32([0.1, -0.5, 0.2])) == pytest.approx(-6.02, abs=0.01)


def test_peak_of_nothing() -> None:
    assert level.peak(np.zeros(0, np.float32)) == pytest.approx(-100)


def test_crest_of_a_sine_is_3_db_at_any_level() -> None:
    for gain in (1, 0.01):
        quiet = np.float32(gain) * TONE
        assert level.crest(quiet, tracked(quiet)) == pytest.approx(3.01, abs=0.01)


def test_crest_of_pulses_is_higher() -> None:
    pulses = voices.peaking(voices.harmonics(voices.steady(100, 1, 8000), 8000), 0.5)
    assert level.crest(pulses, tracked(pulses)) > 12


def test_a_steady_tone_does_not_deviate() -> None:
    assert level.deviation(tracked(TONE)) < 0.01


@pytest.mark.parametrize("depth_db", [1, 3, 6])
def test_deviation_of_a_tremolo(depth_db: float) -> None:
    """A sine of decibels deviates by its amplitude over the root of two."""
    tremolo = TONE * 10 ** (depth_db * np.sin(2 * np.pi * 3 * SECONDS) / 20)
    deviation = level.deviation(tracked(tremolo))
    assert deviation == pytest.approx(depth_db / np.sqrt(2), rel=0.1)


def test_a_drop_out_counts_as_40_db() -> None:
    """A tenth of the frames, so a deviation of 40 dB times the root of 0.1 × 0.9."""
    gap = np.where((SECONDS > 0.45) & (SECONDS < 0.6), 0, TONE)
    assert level.deviation(tracked(gap)) == pytest.approx(12, abs=2)


def test_silence_around_a_sound_does_not_deviate() -> None:
    inside = np.where((SECONDS > 0.3) & (SECONDS < 0.7), TONE, 0)
    # Only the two ends, where a frame is half silent, differ.
    assert level.deviation(tracked(inside)) < 5


@pytest.mark.parametrize("share", [0.25, 0.5, 1])
def test_sound_share(share: float) -> None:
    part = np.where(share > SECONDS, TONE, 0)
    # The frame at the end of the sound is longer than a hop.
    assert level.sound_share(tracked(part)) == pytest.approx(share, abs=0.06)


def test_a_quiet_tail_is_silence() -> None:
    tail = np.where(SECONDS < 0.5, TONE, TONE / 300)
    assert level.sound_share(tracked(tail)) == pytest.approx(0.5, abs=0.06)


def test_silence_is_finite() -> None:
    track = tracked(np.zeros(4000))
    values = [level.crest(np.zeros(4000, np.float32), track), level.deviation(track)]
    np.testing.assert_allclose(values, 0, atol=1e-6)
    assert level.sound_share(track) == 1
