"""What differs between two results: recordings, parameters and metrics."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from sonovae import params
from sonovae.recordings import recordings_table

LIMIT = 10
"""Names that are listed of each kind."""


@dataclass(frozen=True)
class Recordings:
    """Names of the recordings that were added, are gone, or have other samples; labels likewise; tables as fetch made
    them."""

    old: pd.DataFrame
    new: pd.DataFrame

    @property
    def added(self) -> list[str]:
        """Used now, and not known by name."""
        return sorted(_hashes(self.new).keys() - _hashes(self.old).keys())

    @property
    def gone(self) -> list[str]:
        """Used before, and not any more."""
        return sorted(_hashes(self.old).keys() - _hashes(self.new).keys())

    @property
    def changed(self) -> list[str]:
        """Used before and now, with another file."""
        old, new = _hashes(self.old), _hashes(self.new)
        return sorted(name for name in old.keys() & new.keys() if old[name] != new[name])

    @property
    def incoming(self) -> pd.DataFrame:
        """Rows of what was added or changed."""
        used = recordings_table.used(self.new)
        return used[used["name"].isin([*self.added, *self.changed])]

    @property
    def staying(self) -> pd.DataFrame:
        """Rows of what is as it was."""
        used = recordings_table.used(self.new)
        return used[~used["name"].isin([*self.added, *self.changed])]

    @property
    def lost_labels(self) -> list[str]:
        """Of which there is no recording any more."""
        old, new = (set(recordings_table.used(each)["label"]) for each in (self.old, self.new))
        return sorted(old - new)

    def told(self) -> list[str]:
        """All of it in words, a line each; nothing where nothing differs."""
        named = {"added": self.added, "gone": self.gone, "changed": self.changed}
        lines = [f"{len(names)} {what}: {_listed(names)}" for what, names in named.items() if names]
        if self.lost_labels:
            lines.append(f"labels without a recording now: {_listed(self.lost_labels)}")
        left = self.new[self.new["status"] == recordings_table.LEFT_OUT]
        for reason, rows in left[~left["sha256"].isin(self.old["sha256"])].groupby("reason"):
            lines.append(f"{len(rows)} left out, {reason}: {_listed(sorted(rows['name']))}")
        sums = [
            f"{len(used)} recordings, {used['seconds'].sum():.0f} s"
            for used in map(recordings_table.used, (self.old, self.new))
        ]
        return [" → ".join(sums), *lines] if lines else []


def parameters(old: dict[str, Any], new: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Those that differ, of two params.yaml, by dotted name: before and now; None where there was no such key."""
    old, new = params.flat(old), params.flat(new)
    names = sorted(old.keys() | new.keys())
    return {
        name: (old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)
    }


def _hashes(table: pd.DataFrame) -> dict[str, str]:
    used = recordings_table.used(table)
    return dict(zip(used["name"], used["sha256"], strict=True))


def _listed(names: list[str]) -> str:
    more = [f"and {len(names) - LIMIT} more"] if len(names) > LIMIT else []
    return ", ".join([*names[:LIMIT], *more])
