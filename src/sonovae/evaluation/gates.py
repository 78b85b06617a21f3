"""Rules of promotion: metrics within limits, and errors lower by more than the noise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sonovae.params.promotion import Gate
from sonovae.quality import bootstrap
from sonovae.recordings.schema import CLIP_KEY

OLD = "_old"
"""Suffix of the other result's columns in the merged table."""
RESAMPLES = 1000
"""Bootstrap resamples: the ends of an interval then vary by about 2 % of its width."""
SEED = 1
"""Seed of the resamples, so that a comparison has the same answer twice."""


def shut(values: Mapping[str, float], gates: Mapping[str, Gate]) -> list[str]:
    """Return why a result with these metrics, by dotted name, may not be registered."""
    reasons = (_reason(name, values.get(name), gate) for name, gate in gates.items())
    return [reason for reason in reasons if reason]


def _reason(name: str, value: float | None, gate: Gate) -> str:
    if value is None:
        return f"{name} is not among the metrics"
    # Negated comparisons, so that NaN passes no gate.
    if gate.at_least is not None and not value >= gate.at_least:
        return f"{name} = {value:.6g} is not at least {gate.at_least:g}"
    if gate.at_most is not None and not value <= gate.at_most:
        return f"{name} = {value:.6g} is not at most {gate.at_most:g}"
    return ""


@dataclass(frozen=True)
class Gain:
    """Decrease of an error's mean from an old result to a new one, with its 95 % interval."""

    error: str
    clips: int
    new: float
    old: float
    low: float
    high: float

    def __str__(self) -> str:
        """Say it in words."""
        return (
            f"{self.error} of the {self.clips} clips that both were tested on is {self.new:.4g}"
            f" and was {self.old:.4g}:"
            f" lower by {self.old - self.new:.2g} ({self.low:.2g} to {self.high:.2g})"
        )


def not_better(new: pd.DataFrame, old: pd.DataFrame, errors: Sequence[str]) -> list[str]:
    """Return why a result is not better than another in each error by more than the noise."""
    gains, faults = compared(new, old, errors)
    return faults + [f"{gain}, so maybe not" for gain in gains if not gain.low > 0]


def worse(new: pd.DataFrame, old: pd.DataFrame, errors: Sequence[str]) -> list[str]:
    """Return in which errors a result is worse than another by more than the noise."""
    gains, _ = compared(new, old, errors)
    return [f"{gain}, so it is worse" for gain in gains if gain.high < 0]


def compared(
    new: pd.DataFrame, old: pd.DataFrame, errors: Sequence[str]
) -> tuple[list[Gain], list[str]]:
    """Compare errors, columns of two clips.csv; return gains, or why there are none.

    Only clips that both results were tested on count: easier or poisoned recordings lower the
    error without a better model.
    """
    both = new.merge(old, on=CLIP_KEY, suffixes=("", OLD))
    groups = both["group"].nunique()
    if groups < 2:
        return [], [f"clips of {groups} groups were tested by both; a comparison needs two groups"]
    if missing := [name for name in errors if name not in new or name not in old]:
        return [], [f"{name} is no column of both clips.csv" for name in missing]
    # Differences clip by clip: how hard a clip is cancels out.
    gains = pd.DataFrame({name: both[name + OLD] - both[name] for name in errors})

    # NaN must stay visible as NaN, not be skipped.
    def statistics(rows: Any) -> dict[str, float]:
        return {name: float(gains[name].iloc[rows].mean(skipna=False)) for name in errors}

    intervals = bootstrap.intervals(statistics, both["group"].tolist(), RESAMPLES, SEED)
    means = both.mean(numeric_only=True, skipna=False)
    return [
        Gain(name, len(both), means[name], means[name + OLD], low, high)
        for name, (low, high) in intervals.items()
    ], []
