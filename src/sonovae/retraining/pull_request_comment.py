"""What changed between two results, in Markdown, short enough to read under a pull request."""

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from sonovae.evaluation.gates import Gain
from sonovae.retraining import changes
from sonovae.retraining.revisions import Result

SHOWN = ("mse", "r2", "pca_ratio", "kl", "log_spectral_distance_db")
"""Of the test split."""
BARS, MOST_BARS = "▁▂▃▄▅▆▇█", 40
NOTHING = "Nothing that a result depends on has changed, and nothing was trained."


def text(
    old: Result,
    new: Result,
    came: pd.DataFrame,
    heard: tuple[float, float] | None,
    gains: Sequence[Gain],
    red: Sequence[str],
    more: Iterable[str],
) -> str:
    """The comment: of `came`, what drifted; `heard`, the shares of labels that one judge hears; and `more` lines."""
    ran = [name for name in new.stages if new.stages[name] != old.stages.get(name)]
    if not ran:
        return _joined(["### sonovae: as it was", NOTHING, *more])
    told = changes.Recordings(old.recordings, new.recordings).told()
    parts = [
        f"### sonovae: {'RED' if red else 'green'}",
        "\n".join(f"- RED: {line}" for line in red) or "All gates passed.",
        f"Ran, or came from the cache: {', '.join(ran)}.",
        *(["**Recordings**", "\n".join(f"- {line}" for line in told)] if told else []),
        *(["**What came in, beside what was there**", _drift(came)] if len(came) else []),
        *_parameters(changes.parameters(old.params, new.params)),
        "**Metrics** of the test split, with 95 % intervals",
        _metrics(old.metrics, new.metrics, heard),
        "\n".join(f"- {gain}" for gain in gains),
        _curve(new.losses["val_mse"].tolist()),
    ]
    return _joined([*parts, *more])


def _curve(errors: Sequence[float]) -> str:
    """The validation error by epoch, as a line of bars."""
    if not errors:
        return ""
    n = min(len(errors), MOST_BARS)
    some = [errors[i * len(errors) // n] for i in range(n)]
    low, high = min(some), max(some)
    bars = (BARS[round((len(BARS) - 1) * (each - low) / (high - low or 1))] for each in some)
    return f"Validation error by epoch: {''.join(bars)} {errors[0]:.3g} → {errors[-1]:.3g}"


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _drift(came: pd.DataFrame) -> str:
    rows = came.assign(drift=came["drift"].map("{:.2f}".format))[
        ["feature", "was", "came", "drift"]
    ].to_numpy(str)
    return _table(["", "there", "came in", "drift: 0 the same, 1 nothing in common"], rows.tolist())


def _parameters(changed: dict[str, tuple[Any, Any]]) -> list[str]:
    rows = [[f"`{name}`", f"`{old}`", f"`{new}`"] for name, (old, new) in changed.items()]
    return ["**Parameters**", _table(["", "before", "now"], rows)] if rows else []


def _metrics(old: dict[str, Any], new: dict[str, Any], heard: tuple[float, float] | None) -> str:
    rows = [
        [name, _said(old, name), _said(new, name)] for name in SHOWN if name in new.get("test", {})
    ]
    if heard:
        rows.append(["labels heard by the judge of before", *(f"{share:.0%}" for share in heard)])
    return _table(["", "before", "now"], rows)


def _said(metrics: dict[str, Any], name: str) -> str:
    if name not in metrics.get("test", {}):
        return "–"
    sure = metrics.get("interval", {}).get(name)
    return f"{metrics['test'][name]:.4g}" + (
        f" ({sure['low']:.4g} to {sure['high']:.4g})" if sure else ""
    )
