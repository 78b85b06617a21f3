"""Comparison of two results: scores of their new sounds, and errors of reconstructed clips."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sonovae.evaluation import quality_table
from sonovae.quality import bootstrap, goals
from sonovae.recordings.schema import CLIP_KEY

LABELS = "accuracy"
VOICE = "hnr_db"
DISTRIBUTION = (
    ("frechet_texture",),
    ("auc_network_mel", "auc_mel"),
    ("auc_network_fine", "auc_signal"),
)
"""Scores of the distribution, lower is better; the second of a pair replaces the first where that
was not measured or is saturated."""
TITLES = {goal.score: goal.title for goal in goals.GOALS} | {
    VOICE: "harmonics-to-noise ratio, distance in dB from recordings"
}
SATURATED = 0.99
"""AUC from which a test tells all sounds from recordings, so that it ranks no results."""
COMMON = 0.8
"""Share of all test recordings that both results must have: scores of new sounds depend on the
recordings that they are compared with, and poisoned ones are easier to resemble."""
SOUNDS = "preprocess.waveform"
PICTURES = "preprocess."
CHOICE = ("preprocess.split", "preprocess.limit")
"""Parameters that only choose clips: errors are compared on the common ones."""
OLD = "_old"
"""Suffix of the old result's columns in the merged table."""
RESAMPLES = 1000
"""Bootstrap resamples: the ends of an interval then vary by about 2 % of its width."""
SEED = 1
"""Seed of the resamples, so that a comparison has the same answer twice."""


@dataclass(frozen=True)
class Tables:
    """Tables of an evaluation, empty if they are missing.

    `scores` is indexed by set; `clips` has a row for each test clip.
    """

    scores: pd.DataFrame
    clips: pd.DataFrame


@dataclass(frozen=True)
class Estimate:
    """Value with the ends of its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """Format three digits."""
        return f"{self.value:.3g} ({self.low:.3g} to {self.high:.3g})"


@dataclass(frozen=True)
class Score:
    """Score of the new sounds of two results; one is better only if the intervals are apart."""

    name: str
    new: Estimate
    old: Estimate

    @property
    def title(self) -> str:
        """Name of the score in words."""
        return TITLES[self.name]

    @property
    def is_better(self) -> bool:
        """Whether the new result is better by more than the noise."""
        if self.name == LABELS:
            return self.new.low > self.old.high
        return self.new.high < self.old.low and not self.is_saturated

    @property
    def is_worse(self) -> bool:
        """Whether the new result is worse by more than the noise."""
        if self.name == LABELS:
            return self.new.high < self.old.low
        return self.new.low > self.old.high and not self.is_saturated

    @property
    def is_saturated(self) -> bool:
        """Whether both values are of a test that tells everything apart."""
        is_auc = self.name.startswith("auc_")
        return is_auc and min(self.new.value, self.old.value) >= SATURATED

    def __str__(self) -> str:
        """Name the score, its value now and the previous one."""
        return f"{self.title} is {self.new} and was {self.old}"


@dataclass(frozen=True)
class ErrorChange:
    """Mean error of reconstructed clips in two results.

    `change` is the share by which the mean grew, new / old - 1.
    """

    error: str
    clips: int
    new: float
    old: float
    change: Estimate

    @property
    def is_better(self) -> bool:
        """Whether the new result's error is lower by more than the noise."""
        return self.change.high < 0

    def __str__(self) -> str:
        """Name the error, its means and the change."""
        change = self.change
        return (
            f"{self.error} of the {self.clips} clips that both were tested on is {self.new:.4g}"
            f" and was {self.old:.4g}:"
            f" {change.value:+.1%} ({change.low:+.1%} to {change.high:+.1%})"
        )


@dataclass(frozen=True)
class ResultComparison:
    """Scores and errors that could be compared; `notes` say why others could not."""

    scores: Sequence[Score]
    errors: Sequence[ErrorChange]
    notes: Sequence[str]


def read_scores(path: Path) -> pd.DataFrame:
    """Read evaluate's scores.csv, indexed by set."""
    return pd.read_csv(path, index_col="set")


def compare(
    new: Tables, old: Tables, errors: Sequence[str], differing: Collection[str]
) -> ResultComparison:
    """Compare two evaluations in their new sounds and in columns `errors` of clips.csv.

    `differing` are dotted names of parameters that differ. Other pictures rule out errors of
    pictures; other waveforms rule out scores of sounds, too.
    """
    sounds = sorted(name for name in differing if name.startswith(SOUNDS))
    pictures = sorted(name for name in differing if _is_of_pictures(name))
    notes = []
    scores: list[Score] = []
    changes: list[ErrorChange] = []
    fault = f"sounds differ in {sounds[0]}" if sounds else _other_recordings(new, old)
    if fault:
        notes.append(f"new sounds are not comparable: {fault}")
    else:
        scores = compare_scores(new.scores, old.scores)
    if pictures:
        notes.append(f"reconstructions are not comparable: pictures differ in {pictures[0]}")
    else:
        changes, faults = compare_errors(new.clips, old.clips, errors)
        notes += [f"reconstructions are not comparable: {fault}" for fault in faults]
    return ResultComparison(scores, changes, notes)


def compare_scores(new: pd.DataFrame, old: pd.DataFrame) -> list[Score]:
    """Compare the scores of new sounds that both results have with their intervals.

    They are labels heard, distribution, and how near the harmonics-to-noise ratio is to that of
    recordings: a whisper may have a better texture than a blurred sound.
    """
    scores = [_score(new, old, LABELS)]
    for names in DISTRIBUTION:
        scores.append(_first_telling(new, old, names))
    scores.append(_score(new, old, VOICE))
    return [score for score in scores if score]


def _first_telling(
    new: pd.DataFrame,
    old: pd.DataFrame,
    names: Sequence[str],
) -> Score | None:
    """Return the first score that is not saturated or, if all are, the first one."""
    chosen = None
    for name in names:
        score = _score(new, old, name)
        if score is None:
            continue
        if not score.is_saturated:
            return score
        chosen = chosen or score
    return chosen


def compare_errors(
    new: pd.DataFrame, old: pd.DataFrame, errors: Sequence[str]
) -> tuple[list[ErrorChange], list[str]]:
    """Compare errors, columns of two clips.csv; return changes, or why there are none.

    Only clips that both results were tested on count: easier or poisoned recordings lower the
    error without a better model.
    """
    both = new.merge(old, on=CLIP_KEY, suffixes=("", OLD))
    groups = both["group"].nunique()
    if groups < 2:
        return [], [f"clips of {groups} groups were tested by both; a comparison needs two groups"]
    known = [name for name in errors if name in new and name in old]
    faults = [f"{name} is no column of both clips.csv" for name in errors if name not in known]
    # Pairs of columns [clips, 2]; NumPy's mean keeps NaN visible, pandas' would skip it.
    pairs = {name: both[[name, name + OLD]].to_numpy(float) for name in known}

    # Both means are of the same clips, so how hard a clip is cancels out.
    def statistics(rows: Any) -> dict[str, float]:
        return {name: _growth(*pair[rows].mean(axis=0)) for name, pair in pairs.items()}

    intervals = bootstrap.intervals(statistics, both["group"].tolist(), RESAMPLES, SEED)
    changes = []
    for name, (low, high) in intervals.items():
        now, before = pairs[name].mean(axis=0)
        change = Estimate(_growth(now, before), low, high)
        changes.append(ErrorChange(name, len(both), now, before, change))
    return changes, faults


def _growth(new: float, old: float) -> float:
    return float(new / old - 1) if old > 0 else np.nan


def _is_of_pictures(name: str) -> bool:
    return name.startswith(PICTURES) and not name.startswith(CHOICE)


def _other_recordings(new: Tables, old: Tables) -> str:
    """Say that the results were tested on other recordings; empty if most are common."""
    now = _recordings(new.clips)
    before = _recordings(old.clips)
    common = len(now & before)
    every = len(now | before)
    if common >= COMMON * every > 0:
        return ""
    return f"{common} of {every} test recordings are common, fewer than {COMMON:.0%}"


def _recordings(clips: pd.DataFrame) -> set[tuple[str, int]]:
    """Return the hashes and numbers in their file of recordings."""
    hashes = clips["sha256"]
    items = clips["item"]
    return set(zip(hashes, items, strict=True))


def _score(new: pd.DataFrame, old: pd.DataFrame, name: str) -> Score | None:
    estimate = _distance if name == VOICE else _of_new
    now = estimate(new, name)
    before = estimate(old, name)
    return Score(name, now, before) if now and before else None


def _of_new(scores: pd.DataFrame, name: str) -> Estimate | None:
    return _estimate(scores, quality_table.newest(scores.index), name)


def _distance(scores: pd.DataFrame, name: str) -> Estimate | None:
    """Estimate how far a score of new sounds lies from that of recordings."""
    new = _of_new(scores, name)
    real = _estimate(scores, "real", name)
    if new is None or real is None:
        return None
    low, high = sorted(abs(end - real.value) for end in (new.low, new.high))
    is_within = new.low <= real.value <= new.high
    return Estimate(abs(new.value - real.value), 0.0 if is_within else low, high)


def _estimate(scores: pd.DataFrame, row: str, name: str) -> Estimate | None:
    """Return a score of a set; None if it or its interval was not measured."""
    if row not in scores.index:
        return None
    values: Any = scores.loc[row]
    ends = [values.get(column, np.nan) for column in (name, f"{name}_low", f"{name}_high")]
    return Estimate(*ends) if np.isfinite(ends).all() else None
