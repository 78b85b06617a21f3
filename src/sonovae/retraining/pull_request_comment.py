"""Comment under a pull request: what changed between two results, in Markdown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sonovae.promotion.result_comparison import ResultComparison
from sonovae.quality import judge
from sonovae.retraining import changes
from sonovae.retraining.revisions import Result

SHOWN = ("mse", "r2", "pca_ratio", "kl", "log_spectral_distance_db")
"""Metrics of the test split that the comment shows."""
BARS = "▁▂▃▄▅▆▇█"
MOST_BARS = 40
"""Bars of a curve that fit in one line of a comment."""
NOTHING = "Nothing that a result depends on has changed, and nothing was trained."
METRICS = "**Metrics** of the test split and scores of new sounds, with 95 % intervals"


@dataclass(frozen=True)
class Comparison:
    """Two results, and what their comparison found.

    `drifts` is a table as of `drift.compare`, `recognized` the shares of both models' sounds that
    the old judge names right, `compared` the scores of new sounds and the errors of common clips,
    and `faults` the red gates.
    """

    old: Result
    new: Result
    drifts: pd.DataFrame
    recognized: tuple[float, float] | None
    compared: ResultComparison
    faults: Sequence[str]


def text(comparison: Comparison, more: Iterable[str]) -> str:
    """Return the comment in Markdown; it ends with `more` lines."""
    old = comparison.old
    new = comparison.new
    ran = [name for name in new.stages if new.stages[name] != old.stages.get(name)]
    if not ran:
        return _joined(["### sonovae: unchanged", NOTHING, *more])
    faults = [f"- RED: {fault}" for fault in comparison.faults]
    parts = [
        f"### sonovae: {'RED' if faults else 'green'}",
        "\n".join(faults) or "All gates passed.",
        f"Ran, or came from the cache: {', '.join(ran)}.",
        *_recordings(old, new),
        *_drifts(comparison.drifts),
        *_parameters(old, new),
        METRICS,
        _metrics(comparison),
        _verdict(old.metrics.get("judge", {})),
        "\n".join(f"- {line}" for line in _other_lines(comparison)),
        _curve(new.losses["val_mse"].tolist()),
    ]
    return _joined([*parts, *more])


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _recordings(old: Result, new: Result) -> list[str]:
    lines = changes.Recordings(old.recordings, new.recordings).described()
    return ["**Recordings**", "\n".join(f"- {line}" for line in lines)] if lines else []


def _drifts(drifts: pd.DataFrame) -> list[str]:
    if drifts.empty:
        return []
    header = ["", "there", "new", "drift: 0 equal, 1 nothing in common"]
    shown = drifts.assign(drift=drifts["drift"].map("{:.2f}".format))
    rows = shown[["feature", "was", "came", "drift"]].to_numpy(str).tolist()
    return [
        "**New recordings, compared with those that were there**",
        _table(header, rows),
    ]


def _parameters(old: Result, new: Result) -> list[str]:
    changed = changes.parameters(old.params, new.params)
    rows = [[f"`{name}`", f"`{before}`", f"`{now}`"] for name, (before, now) in changed.items()]
    return ["**Parameters**", _table(["", "before", "now"], rows)] if rows else []


def _metrics(comparison: Comparison) -> str:
    old = comparison.old.metrics
    new = comparison.new.metrics
    names = [name for name in SHOWN if name in new.get("test", {})]
    rows = [[name, _metric(old, name), _metric(new, name)] for name in names]
    scores = comparison.compared.scores
    rows += [[score.title, str(score.old), str(score.new)] for score in scores]
    if comparison.recognized:
        shares = [f"{share:.0%}" for share in comparison.recognized]
        rows.append(["labels heard by the previous judge", *shares])
    return _table(["", "before", "now"], rows)


def _verdict(numbers: dict[str, float]) -> str:
    """Say why the old judge has no row; an older version's metrics do not hold the reason."""
    if numbers.get("can_judge", 1.0):
        return ""
    return f"The previous judge {judge.describe(numbers)}."


def _metric(metrics: dict[str, Any], name: str) -> str:
    if name not in metrics.get("test", {}):
        return "–"
    value = f"{metrics['test'][name]:.4g}"
    interval = metrics.get("interval", {}).get(name)
    return f"{value} ({interval['low']:.4g} to {interval['high']:.4g})" if interval else value


def _other_lines(comparison: Comparison) -> list[str]:
    """Return a line for each error of common clips, and for what could not be compared."""
    compared = comparison.compared
    # Without a previous result, that nothing is comparable goes without saying.
    notes = compared.notes if comparison.old.metrics else []
    return [*map(str, compared.errors), *notes]


def _curve(errors: Sequence[float]) -> str:
    """Return the validation error by epoch as a line of bars."""
    if not errors:
        return ""
    n = min(len(errors), MOST_BARS)
    shown = [errors[i * len(errors) // n] for i in range(n)]
    low = min(shown)
    # A flat curve has no height to divide by.
    height = max(shown) - low or 1
    bars = "".join(BARS[round((len(BARS) - 1) * (error - low) / height)] for error in shown)
    return f"Validation error by epoch: {bars} {errors[0]:.3g} → {errors[-1]:.3g}"
