"""The recordings table: every file that fetch found, what it holds, what it is called, and whether it is used."""

import csv
from pathlib import Path

import pandas as pd

COLUMNS = ["path", "name", "sha256", "seconds", "sample_rate", "channels", "label", "group", "status", "reason"]
USED, LEFT_OUT, NOT_CHOSEN, LABELS = "used", "left out", "not chosen", "labels"
"""A file's status: a recording that is used; one that cannot be; one that fetch.only or fetch.limit passes over; the
labels of another file's images."""


def write(path: Path, table: pd.DataFrame) -> None:
    """The table as CSV; all text is quoted, as a name may hold a line's end."""
    table.to_csv(path, index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)


def read(path: Path) -> pd.DataFrame:
    """The door back from `write`: text columns as text, whatever they hold."""
    numbers = {"seconds": float, "sample_rate": int, "channels": int}
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    return table.assign(**{key: pd.to_numeric(table[key]).astype(kind) for key, kind in numbers.items()})


def used(table: pd.DataFrame) -> pd.DataFrame:
    """The rows that are used."""
    return table[table["status"] == USED]


def summary(table: pd.DataFrame) -> str:
    """How many are used, and each that is left out with its reason."""
    kept, gone = used(table), table[table["status"] == LEFT_OUT]
    seconds = f", {kept['seconds'].sum():.0f} s" if kept["seconds"].sum() else ""
    passed = (table["status"] == NOT_CHOSEN).sum()
    lines = [
        f"{len(kept)} recordings used{seconds}; {len(gone)} left out" + (f"; {passed} not chosen" if passed else "")
    ]
    lines += [f"  left out: {name!r}: {reason}" for name, reason in zip(gone["name"], gone["reason"], strict=True)]
    return "\n".join(lines[:20] + ([f"  … and {len(lines) - 20} more"] if len(lines) > 20 else []))
