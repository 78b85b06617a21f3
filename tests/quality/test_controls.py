"""Sounds that are wrong in one known way are marked by the score that is meant for it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from sonovae.features import degraded
from sonovae.quality import copies, goals, sound_scores
from sonovae.quality.reference import Measured, Reference, Sounds
from tests.making import voices

RESAMPLES = 60
GOALS = {goal.score: goal for goal in goals.GOALS}
TRAIN, TEST = voices.recordings(10, seed=1), voices.recordings(5, seed=2)
OWN = [str(i) for i in range(len(TEST))]

MARKS = [
    ("whispered", "hnr_db", "low"),
    ("whispered", "voiced", "low"),
    ("whispered", "cpp_db", "low"),
    ("whispered", "fine_modulation_db", "low"),
    ("buzzing", "cpp_db", "high"),
    ("buzzing", "jitter_cents", "low"),
    ("buzzing", "pitch_span", "low"),
    ("blurred", "fast_modulation_db", "low"),
    ("blurred", "frechet_texture", "high"),
    ("noised", "hnr_db", "low"),
    ("noised", "frechet_texture", "high"),
    ("shuffled", "fast_modulation_db", "high"),
    ("shuffled", "level_deviation_db", "high"),
    ("shuffled", "frechet_texture", "high"),
    ("quieter", "level_db", "low"),
    ("quieter", "auc_signal", "high"),
    ("mean", "level_spread_db", "low"),
    ("mean", "frechet_texture", "high"),
    ("mean", "frechet_identity", "high"),
    ("copied", "copies", "high"),
    *((name, "auc_mel", "high") for name in ("whispered", "buzzing", "blurred", "noised", "mean")),
]
"""Control, the score that marks it, and on which side of the recordings' score it lies."""
UNMARKED = {
    "whispered": ["level_deviation_db", "sound_share", "copies"],
    "buzzing": ["level_deviation_db", "sound_share", "voiced", "copies"],
    "blurred": ["sound_share", "copies"],
    "noised": ["sound_share", "voiced", "jitter_cents", "copies"],
    "shuffled": ["level_db", "level_spread_db", "jitter_cents", "copies"],
    "quieter": [name for name in GOALS if name not in {"level_db", "auc_signal"}],
    "mean": ["copies"],
    "copied": [name for name in GOALS if name != "copies"],
}
"""Scores that a control keeps: it is wrong in one way, not in all."""


class Scores:
    """Rows of all sets."""

    def __init__(self) -> None:
        self.reference = Reference(TRAIN, TEST, TRAIN.groups, voices.RATE, 1)
        self.test = self.reference.measured_test
        self.rows = {"real": self._row(self.test, self.reference.measured_train)}
        rng = np.random.default_rng(3)
        for name, degrade in degraded.DEGRADED.items():
            samples = [degrade(own, voices.RATE, rng) for own in TEST.samples]
            self._add(name, samples, TEST.groups)
        self._add("mean", [TEST.samples[0]] * len(TEST), OWN)
        self._add("copied", TRAIN.take(np.arange(len(TEST))).samples, OWN)
        other = voices.recordings(5, seed=4)
        self._add("other", other.samples, other.groups)

    def _add(self, name: str, samples: Sequence[np.ndarray], groups: Sequence[str]) -> None:
        measured = self.reference.measure(Sounds(samples, groups))
        self.rows[name] = self._row(measured, self.test)

    def _row(self, own: Measured, against: Measured) -> dict[str, float]:
        row = sound_scores.row(self.reference, own, against, RESAMPLES)
        train = self.reference._training_statistics
        flags = copies.flagged(own.statistics, self.test.statistics, train)
        return row | {"copies": float(flags.mean())}

    def missed(self, name: str, score: str) -> str:
        """What the goal says of a set."""
        return GOALS[score].missed(self.rows[name][score], self.rows["real"][score])


@pytest.fixture(scope="module")
def scores() -> Scores:
    return Scores()


@pytest.mark.parametrize(("name", "score", "side"), MARKS)
def test_control_is_marked(name: str, score: str, side: str, scores: Scores) -> None:
    words = GOALS[score].below if side == "low" else GOALS[score].above
    assert scores.missed(name, score).startswith(words)


@pytest.mark.parametrize(
    ("name", "score"),
    [(name, score) for name, score, _ in MARKS if not score.startswith(("auc", "copies"))],
)
def test_intervals_of_a_mark_do_not_overlap(name: str, score: str, scores: Scores) -> None:
    own, real = scores.rows[name], scores.rows["real"]
    above = own[f"{score}_low"] > real[f"{score}_high"]
    assert above or own[f"{score}_high"] < real[f"{score}_low"]


@pytest.mark.parametrize("name", UNMARKED)
def test_control_keeps_the_other_goals(name: str, scores: Scores) -> None:
    known = [score for score in UNMARKED[name] if score in scores.rows["real"]]
    assert [scores.missed(name, score) for score in known] == [""] * len(known)


def test_recordings_keep_the_goals(scores: Scores) -> None:
    """Of 60 others, whose medians scatter by about as much as a goal allows, all but one."""
    real, other = scores.rows["real"], scores.rows["other"]
    assert goals.sentences(real, real) == []
    assert len(goals.sentences(other, real)) <= 1


def test_intervals_of_recordings_hold_other_recordings(scores: Scores) -> None:
    real, other = scores.rows["real"], scores.rows["other"]
    for score in {name.removesuffix("_low") for name in real if name.endswith("_low")}:
        assert other[f"{score}_low"] < real[f"{score}_high"]
        assert real[f"{score}_low"] < other[f"{score}_high"]
    for name in ("auc_signal", "auc_mel"):
        assert real[f"{name}_low"] < 0.5 < real[f"{name}_high"]
        assert other[f"{name}_low"] < 0.5


def test_all_copies_are_flagged_and_no_recording(scores: Scores) -> None:
    assert scores.rows["copied"]["copies"] == 1
    assert {scores.rows[name]["copies"] for name in scores.rows if name != "copied"} == {0}


def test_goals_have_a_score_here(scores: Scores) -> None:
    """Apart from those of a judge, of networks, and of tones: voices hold second ones."""
    assert not scores.reference.is_tonal
    left = {"accuracy", "auc_network_mel", "auc_network_fine", "second_tones"}
    assert set(GOALS) - left == set(GOALS) & set(pd.DataFrame(scores.rows).dropna().index)
