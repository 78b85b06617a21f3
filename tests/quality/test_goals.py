"""Goals in numbers and words, and words for frequencies that differ."""

import numpy as np
import pytest
import scipy.signal

from sonovae.features import sound_features
from sonovae.quality import giveaways, goals
from sonovae.quality.goals import Goal
from tests.making import voices


def goal(rule: goals.Rule, limit: float) -> Goal:
    return Goal("hnr_db", "ratio", rule, limit, below="Hoarse", above="Too clean")


@pytest.mark.parametrize(
    ("rule", "limit", "allowed", "text"),
    [
        ("at least", 0.95, (0.95, np.inf), "≥ 0.95"),
        ("at most", 0.7, (-np.inf, 0.7), "≤ 0.70"),
        ("times", 4, (-np.inf, 40), "≤ 40.0"),
        ("within", 1.5, (8.5, 11.5), "8.5 to 11.5"),
    ],
)
def test_allowed_and_text(
    rule: goals.Rule, limit: float, allowed: tuple[float, float], text: str
) -> None:
    assert goal(rule, limit).allowed(10) == pytest.approx(allowed)
    assert goal(rule, limit).text(10) == text


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (8.9, "Hoarse: ratio 8.9, recordings have 10.0."),
        (9, ""),
        (10, ""),
        (11, ""),
        (11.1, "Too clean: ratio 11.1, recordings have 10.0."),
    ],
)
def test_missed_says_on_which_side(score: float, words: str) -> None:
    assert goal("within", 1).missed(score, 10) == words


def test_each_goal_has_words_for_each_side_that_can_miss_it() -> None:
    for own in goals.GOALS:
        low, high = own.allowed(1)
        assert bool(own.below) == np.isfinite(low)
        assert bool(own.above) == np.isfinite(high)
    assert len({own.score for own in goals.GOALS}) == len(goals.GOALS)


def test_sentences_are_of_scores_that_both_have() -> None:
    real = {"hnr_db": 10.0, "voiced": np.nan, "level_db": -10.0}
    new = {"hnr_db": 2.0, "voiced": 0.1, "cpp_db": 3.0, "level_db": -10.0}
    (sentence,) = goals.sentences(new, real)
    assert sentence.startswith("Sounds are hoarse")
    assert goals.sentences(real, real) == []


SOUNDS = voices.recordings(3, seed=1).samples


def words(cut: float, kind: str) -> str:
    """Words for recordings that are filtered."""
    sections = scipy.signal.butter(8, cut, kind, fs=voices.RATE, output="sos")
    filtered = [scipy.signal.sosfilt(sections, own).astype(np.float32) for own in SOUNDS]
    statistics = [sound_features.mel_statistics(own, voices.RATE) for own in (SOUNDS, filtered)]
    return giveaways.bands(*statistics, voices.RATE)


def test_missing_frequencies_are_named() -> None:
    found = words(2000, "lowpass")
    assert found.startswith("quieter by ")
    assert 1.8 < float(found.split(" above ")[1].removesuffix(" kHz")) < 2.3


def test_equal_sounds_differ_nowhere() -> None:
    statistics = sound_features.mel_statistics(SOUNDS, voices.RATE)
    assert giveaways.bands(statistics, statistics, voices.RATE) == ""


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        (0, 4, "louder by 6 dB below 270 Hz"),
        (28, 31, "louder by 6 dB above 2.9 kHz"),
        (10, 12, "louder by 6 dB between 560 Hz and 840 Hz"),
    ],
)
def test_bands_by_hand(first: int, last: int, found: str, rng: np.random.Generator) -> None:
    real = rng.standard_normal((50, 96)).astype(np.float32)
    new = real.copy()
    new[:, first : last + 1] += 6
    assert giveaways.bands(real, new, 8000) == found
    assert giveaways.bands(new, real, 8000) == found.replace("louder", "quieter")
