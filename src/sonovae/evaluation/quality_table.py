"""The table of goals: new sounds next to recordings, the inverse and reconstructions."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from sonovae.quality import goals, sound_scores

COLUMNS = {
    "real": "recordings",
    "inverse": "inverse",
    "reconstructed": "reconstructed",
    "new": "new",
}
"""Sets in the table, with the heads of their columns."""
METRICS = (
    *(goal.score for goal in goals.GOALS),
    "copy_ratio",
    "frechet_judge",
    "frechet_mel",
)
"""Scores of new sounds in metrics.json, whose limits are gates."""
RECORDINGS_METRICS = ("hnr_db", "frechet_texture")
"""Scores of recordings in metrics.json, next to which those of new sounds are read."""
KEPT = "✓"
MISSED = "✗"


def newest(sets: Iterable[str]) -> str:
    """Return the name of the set of new sounds: by label, if the model knows labels."""
    return "generated_by_label" if "generated_by_label" in sets else "generated"


def metrics(scores: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Return what metrics.json has of scores: sections `generated` and `recordings`."""
    sections: dict[str, Any] = {
        "generated": scores.loc[newest(scores.index)].reindex(METRICS),
        "recordings": scores.loc["real"].reindex(RECORDINGS_METRICS),
    }
    return {name: row.dropna().to_dict() for name, row in sections.items()}


def table(scores: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each goal that new sounds have a score for: scores, goal and mark."""
    chosen = _chosen(scores)
    rows = []
    for goal in goals.GOALS:
        own = {name: chosen[name].get(goal.score, np.nan) for name in COLUMNS}
        if np.isnan(own["new"]) or np.isnan(own["real"]):
            continue
        row = {"score": f"{goal.title} [{goal.unit}]" if goal.unit else goal.title}
        for name, head in COLUMNS.items():
            row[head] = "" if np.isnan(own[name]) else goals.short(own[name])
        row["goal"] = goal.text(own["real"])
        row[" "] = MISSED if goal.missed(own["new"], own["real"]) else KEPT
        rows.append(row)
    return pd.DataFrame(rows)


def words(scores: pd.DataFrame, bands: str) -> list[str]:
    """Return what a listener would say of new sounds, a sentence each.

    `bands` names the frequencies that are louder or quieter than in recordings.
    """
    chosen = _chosen(scores)
    lines = []
    heard = chosen["new"].get("accuracy", np.nan)
    if np.isfinite(heard):
        lines.append(f"Labels are heard in {100 * heard:.0f} of 100.")
    missed = goals.sentences(chosen["new"], chosen["real"])
    lines += missed
    if bands:
        lines.append(f"They are {bands}.")
    if not missed:
        lines.append("New sounds keep all goals that could be measured.")
    return lines + _not_measured(chosen["new"])


def text(scores: pd.DataFrame, bands: str) -> str:
    """Return the sentences and the table as plain text."""
    rows = table(scores)
    lines = words(scores, bands)
    if len(rows):
        lines += ["", rows.to_string(index=False)]
    return "\n".join(lines) + "\n"


def _chosen(scores: pd.DataFrame) -> dict[str, Mapping[str, float]]:
    sets = {name: name for name in COLUMNS if name in scores.index}
    sets["new"] = newest(scores.index)
    return {name: _row(scores, own) for name, own in sets.items()}


def _row(scores: pd.DataFrame, name: str) -> dict[str, float]:
    values = scores.loc[name].to_numpy(float).tolist()
    return dict(zip(scores.columns, values, strict=True))


def _not_measured(new: Mapping[str, float]) -> list[str]:
    """Say which tests were left out, as there are too few sounds for them."""
    if "hnr_db" not in new:
        return []
    needed = {
        "auc_signal": f"{sound_scores.FEWEST['logistic']} test recordings",
        "auc_network_mel": f"{2 * sound_scores.FEWEST_FOR_NETWORK} training recordings",
    }
    groups = f"of {sound_scores.FEWEST_GROUPS} groups"
    return [
        f"Too few recordings for {name}: it needs {what} {groups}."
        for name, what in needed.items()
        if not np.isfinite(new.get(name, np.nan))
    ]
