"""Differences between two results: recordings and parameters."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from sonovae import params
from sonovae.recordings import recordings_table

MOST_NAMES = 10
"""Names of a kind that are listed: one line of a comment holds about as many."""


@dataclass(frozen=True)
class Recordings:
    """Two tables of recordings, as fetch wrote them, compared by name and hash."""

    old: pd.DataFrame
    new: pd.DataFrame

    @property
    def added(self) -> list[str]:
        """Names that are new."""
        return sorted(_hashes(self.new).keys() - _hashes(self.old).keys())

    @property
    def gone(self) -> list[str]:
        """Names that are no longer used."""
        return sorted(_hashes(self.old).keys() - _hashes(self.new).keys())

    @property
    def changed(self) -> list[str]:
        """Names that have another file now."""
        old = _hashes(self.old)
        new = _hashes(self.new)
        return sorted(name for name in old.keys() & new.keys() if old[name] != new[name])

    @property
    def incoming(self) -> pd.DataFrame:
        """Rows of recordings that were added or changed."""
        used = recordings_table.used(self.new)
        return used[used["name"].isin([*self.added, *self.changed])]

    @property
    def staying(self) -> pd.DataFrame:
        """Rows of recordings that did not change."""
        used = recordings_table.used(self.new)
        return used[~used["name"].isin([*self.added, *self.changed])]

    @property
    def lost_labels(self) -> list[str]:
        """Labels that have no recording any more."""
        old = recordings_table.used(self.old)["label"]
        new = recordings_table.used(self.new)["label"]
        return sorted(set(old) - set(new))

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
