"""Scores are left out where there are too few sounds or groups; halves share no group."""

import numpy as np
import pytest

from sonovae.quality import sound_scores
from sonovae.quality.reference import Reference, Sounds
from tests.making import voices

TRAIN, TEST = voices.recordings(3, seed=1), voices.recordings(4, seed=2)


def reference(test: Sounds = TEST) -> Reference:
    return Reference(TRAIN, test, TRAIN.groups, voices.RATE, 1)


def row(test: Sounds, n: int) -> sound_scores.Row:
    """Scores of the first test recordings, as a set."""
    made = reference(test)
    own = made.measure(test.take(np.arange(n)))
    return sound_scores.row(made, own, made.measured_test, 10)


@pytest.mark.parametrize(
    ("n", "absent"),
    [
        (9, {"hnr_db", "level_spread_db", "frechet_texture", "auc_mel", "auc_signal"}),
        (19, {"level_spread_db", "frechet_texture", "auc_mel", "auc_signal"}),
        (39, {"auc_mel", "auc_signal"}),
        (48, set()),
    ],
)
def test_too_few_sounds_have_no_score(n: int, absent: set[str]) -> None:
    scores = row(TEST, n)
    wanted = {"hnr_db", "level_spread_db", "frechet_texture", "auc_mel", "auc_signal"} - absent
    assert set(scores).isdisjoint(absent)
    assert wanted <= set(scores)
    assert all(f"{name}_low" in scores for name in wanted)
    # There are three training recordings of a group.
    assert "frechet_identity" not in scores


def test_too_few_test_recordings_have_no_score() -> None:
    made = reference(TEST.take(np.arange(9)))
    own = made.measure(TEST)
    assert sound_scores.row(made, own, made.measured_test, 10) == {}


@pytest.mark.parametrize(("n", "told"), [(7, False), (8, True)])
def test_too_few_groups_are_not_told_apart(n: int, told: bool) -> None:
    few = Sounds(TEST.samples, [str(i % n) for i in range(len(TEST))])
    assert ("auc_mel" in row(few, len(few))) == told
    assert "hnr_db" in row(few, len(few))


def test_recordings_without_pitch_have_no_scores_of_the_pitch(rng: np.random.Generator) -> None:
    noise = [0.1 * rng.standard_normal(4000).astype(np.float32) for _ in range(20)]
    sounds = Sounds(noise, [str(i // 2) for i in range(20)])
    made = Reference(sounds, sounds, sounds.groups, voices.RATE, 1)
    assert made.pitches is None
    scores = sound_scores.row(made, made.measured_test, made.measured_train, 10)
    assert scores["hnr_db"] < 0
    assert "voiced" not in scores
    assert "second_tones" not in scores
    assert np.isfinite(list(scores.values())).all()


def test_silent_sounds_have_scores() -> None:
    made = reference()
    silent = Sounds([np.zeros(4000, np.float32)] * 20, [str(i) for i in range(20)])
    scores = sound_scores.row(made, made.measure(silent), made.measured_test, 10)
    assert scores["level_db"] == -100
    assert scores["voiced"] == 0
    assert scores["fast_modulation_db"] == pytest.approx(-120, abs=5)
    assert np.isfinite(scores["frechet_texture"])


def test_second_tones_count_where_recordings_are_one_tone() -> None:
    glides = [np.geomspace(900, hz, 4000) for hz in np.linspace(800, 1000, 20)]
    tones = [voices.sine(hz, 8000) for hz in glides]
    fifths = [voices.sine(1.5 * hz, 8000) for hz in glides]
    both = [tone + fifth / 2 for tone, fifth in zip(tones, fifths, strict=True)]
    groups = [str(i) for i in range(20)]
    sounds = Sounds(tones, groups)
    made = Reference(sounds, sounds, groups, voices.RATE, 1)
    assert made.is_tonal
    scores = sound_scores.row(made, made.measure(Sounds(both, groups)), made.measured_test, 10)
    assert scores["second_tones"] > 0.9
    real = sound_scores.row(made, made.measured_test, made.measured_train, 10)
    assert real["second_tones"] == 0


@pytest.mark.parametrize("seed", range(3))
def test_halves_share_no_group(seed: int) -> None:
    groups = [f"g{i % 9}" for i in range(50)]
    first, second = sound_scores.halves(groups, seed)
    assert sorted([*first, *second]) == list(range(50))
    assert {groups[i] for i in first}.isdisjoint(groups[i] for i in second)
    assert min(len(first), len(second)) >= 20
