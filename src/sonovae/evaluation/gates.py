"""Which result may be promoted: one that keeps to its gates, and is better than another by more than their noise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sonovae.evaluation import metrics
from sonovae.params.promotion import Gate
from sonovae.recordings.schema import CLIP_KEY

OLD = "_old"
"""Columns that say which clip a row is of; and what the other result's are called."""
RESAMPLES, SEED = 1000, 1


def shut(found: Mapping[str, float], gates: Mapping[str, Gate]) -> list[str]:
    """Why a result with these metrics, by dotted name, may not be registered; empty where it may."""
    return [why for name, gate in gates.items() if (why := _shut(name, found.get(name), gate))]


def _shut(name: str, value: float | None, gate: Gate) -> str:
    if value is None:
        return f"{name} is not among the metrics"
    if gate.at_least is not None and not value >= gate.at_least:
        return f"{name} = {value:.6g} is not at least {gate.at_least:g}"
    if gate.at_most is not None and not value <= gate.at_most:
        return f"{name} = {value:.6g} is not at most {gate.at_most:g}"
    return ""


@dataclass(frozen=True)
class Gain:
    """By how much the mean of an error is lower than another's, with the 95 % interval of the difference by group."""

    error: str
    clips: int
    new: float
    old: float
    low: float
    high: float

    def __str__(self) -> str:
        """In words."""
        return (
            f"{self.error} of the {self.clips} clips that both were tested on is {self.new:.4g} and was {self.old:.4g}:"
            f" lower by {self.old - self.new:.2g} ({self.low:.2g} to {self.high:.2g})"
        )


def not_better(new: pd.DataFrame, old: pd.DataFrame, errors: Sequence[str]) -> list[str]:
    """Why a result is not better than another in each of these errors by more than the noise; empty where it is."""
    found, faults = compared(new, old, errors)
    return faults + [f"{gain}, so maybe not" for gain in found if not gain.low > 0]


def worse(new: pd.DataFrame, old: pd.DataFrame, errors: Sequence[str]) -> list[str]:
    """In which of these errors a result is worse than another by more than the noise."""
    found, _ = compared(new, old, errors)
    return [f"{gain}, so it is worse" for gain in found if gain.high < 0]


def compared(
    new: pd.DataFrame, old: pd.DataFrame, errors: Sequence[str]
) -> tuple[list[Gain], list[str]]:
    """Errors, columns of two results' clips.csv, on the clips that both were tested on, so that easier recordings make
    no better model, nor poisoned ones; and why they cannot be compared."""
    both = new.merge(old, on=CLIP_KEY, suffixes=("", OLD))
    if both["group"].nunique() < 2:
        return [], [
            f"clips of {both['group'].nunique()} groups were tested by both, and it takes two to compare them"
        ]
    if missing := [name for name in errors if name not in new or name not in old]:
        return [], [f"{name} is no column of both clips.csv" for name in missing]
    gains = pd.DataFrame({name: both[name + OLD] - both[name] for name in errors})

    def statistics(rows: Any) -> dict[str, float]:
        return {name: float(gains[name].iloc[rows].mean(skipna=False)) for name in errors}

    sure = metrics.intervals(statistics, both["group"].tolist(), RESAMPLES, SEED)
    means = both.mean(numeric_only=True, skipna=False)
    return [
        Gain(name, len(both), means[name], means[name + OLD], *ends) for name, ends in sure.items()
    ], []
