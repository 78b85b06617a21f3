"""Which result may be promoted: one that keeps to its gates, and is better than another by more than their noise."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from sonovae import metrics
from sonovae.params.promotion import Gate

CLIP, OLD = ["sha256", "item", "start"], "_old"
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


def not_better(new: pd.DataFrame, old: pd.DataFrame, errors: Sequence[str]) -> list[str]:
    """Why a result is not better than another in each of these errors, columns of their clips.csv; empty where it is.

    They are compared on the clips that both were tested on, so that easier recordings make no better model, nor
    poisoned ones; the noise is the 95 % interval of the mean difference, by group.
    """
    both = new.merge(old, on=CLIP, suffixes=("", OLD))
    if both["group"].nunique() < 2:
        return [f"clips of {both['group'].nunique()} groups were tested by both, and it takes two to compare them"]
    if missing := [name for name in errors if name not in new or name not in old]:
        return [f"{name} is no column of both clips.csv" for name in missing]
    gains = pd.DataFrame({name: both[name + OLD] - both[name] for name in errors})

    def statistics(rows: Any) -> dict[str, float]:
        return {name: float(gains[name].iloc[rows].mean()) for name in errors}

    sure = metrics.intervals(statistics, both["group"].tolist(), RESAMPLES, SEED)
    return [
        f"{name} of the {len(both)} clips that both were tested on is {both[name].mean():.4g} and was"
        f" {both[name + OLD].mean():.4g}: better by {gains[name].mean():.2g} ({low:.2g} to {high:.2g}), so maybe not"
        for name, (low, high) in sure.items()
        if not low > 0
    ]
