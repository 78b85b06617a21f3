"""Differences between two results: recordings and parameters."""

from typing import Any

import pandas as pd

from sonovae import params
from sonovae.recordings import recordings_table

MOST_NAMES = 10
"""Names of a kind that are listed: one line of a comment holds about as many."""


class Recordings:
    """Differences of two tables of recordings, as fetch wrote them.

    Names that were `added`, are `gone` or have `changed` their file, and `lost_labels`, which have
    no recording any more, are sorted. `incoming` are the rows of added and changed recordings,
    `staying` those of the rest.
    """

    def __init__(self, old: pd.DataFrame, new: pd.DataFrame) -> None:
        self.old = old
        self.new = new
        before = _hashes(old)
        now = _hashes(new)
        self.added = sorted(now.keys() - before.keys())
        self.gone = sorted(before.keys() - now.keys())
        both = now.keys() & before.keys()
        self.changed = sorted(name for name in both if now[name] != before[name])
        used = recordings_table.used(new)
        self.lost_labels = sorted({*recordings_table.used(old)["label"]} - {*used["label"]})
        is_incoming = used["name"].isin([*self.added, *self.changed])
        self.incoming = used[is_incoming]
        self.staying = used[~is_incoming]

    def described(self) -> list[str]:
        """Return the changes in words, a line each, the sums first; nothing without a change."""
        lines = []
        kinds = {"added": self.added, "gone": self.gone, "changed": self.changed}
        for what, names in kinds.items():
            if names:
                lines.append(f"{len(names)} {what}: {_listed(names)}")
        if self.lost_labels:
            lines.append(f"labels without a recording now: {_listed(self.lost_labels)}")
        left_out = self.new[self.new["status"] == recordings_table.LEFT_OUT]
        # Files that the old table has, too, are no news.
        news = left_out[~left_out["sha256"].isin(self.old["sha256"])]
        for reason, rows in news.groupby("reason"):
            lines.append(f"{len(rows)} left out, {reason}: {_listed(sorted(rows['name']))}")
        return [f"{_sum(self.old)} → {_sum(self.new)}", *lines] if lines else []


def parameters(old: dict[str, Any], new: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the values before and now, by dotted name, of parameters that differ; None if missing.

    `old` and `new` are the contents of params.yaml.
    """
    before = params.flat(old)
    now = params.flat(new)
    pairs = {name: (before.get(name), now.get(name)) for name in sorted(before | now)}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _hashes(table: pd.DataFrame) -> dict[str, str]:
    used = recordings_table.used(table)
    return dict(zip(used["name"], used["sha256"], strict=True))


def _sum(table: pd.DataFrame) -> str:
    used = recordings_table.used(table)
    return f"{len(used)} recordings, {used['seconds'].sum():.0f} s"


def _listed(names: list[str]) -> str:
    more = [f"and {len(names) - MOST_NAMES} more"] if len(names) > MOST_NAMES else []
    return ", ".join([*names[:MOST_NAMES], *more])
