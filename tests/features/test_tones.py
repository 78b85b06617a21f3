"""A second tone is heard next to a first one, and harmonics and glides are none."""

import numpy as np
import pytest

from sonovae.features import pitch, tones
from tests.making import voices

RATE = 16_000


def has_second(sound: np.ndarray) -> bool:
    sound = voices.peaking(sound, 0.5)
    return tones.has_second(sound, RATE, pitch.track(sound, RATE, pitch.widest(RATE)))


def glide(first: float, last: float) -> np.ndarray:
    return np.geomspace(first, last, RATE // 2)


def tone(hz: np.ndarray, decibels: float = 0) -> np.ndarray:
    return 10 ** (decibels / 20) * voices.sine(hz, RATE)


@pytest.mark.parametrize(("first", "last"), [(1000, 1000), (800, 1600), (2500, 1500)])
def test_one_tone_with_harmonics_is_one(first: float, last: float) -> None:
    hz = glide(first, last)
    assert not has_second(tone(hz))
    assert not has_second(tone(hz) + tone(2 * hz, -3) + tone(3 * hz, -6))


def test_notes_in_turn_are_one_tone() -> None:
    """A frame at the change holds both."""
    notes = np.where(np.arange(RATE // 2) // 1600 % 2, 1500.0, 1000.0)
    assert not has_second(tone(notes))


@pytest.mark.parametrize("semitones", [5, 7, 10])
@pytest.mark.parametrize(("decibels", "heard"), [(-6, True), (-20, False)])
def test_a_second_tone_is_heard_from_minus_12_db(
    decibels: float, heard: bool, semitones: float
) -> None:
    hz = glide(1000, 1200)
    assert has_second(tone(hz) + tone(2 ** (semitones / 12) * hz, decibels)) == heard


def test_a_short_second_tone_is_not_heard() -> None:
    hz = glide(1000, 1000)
    short = np.where(np.arange(len(hz)) < 100, tone(1.5 * hz), 0)
    assert not has_second(tone(hz) + short)


def test_noise_and_silence_hold_no_note(rng: np.random.Generator) -> None:
    assert not has_second(rng.standard_normal(RATE // 2))
    silence = np.zeros(RATE // 2, np.float32)
    track = pitch.track(silence, RATE, pitch.widest(RATE))
    assert not tones.has_second(silence, RATE, track)
