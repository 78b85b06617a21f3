"""The recordings table: every file that fetch found, what it holds, what it is called, and whether it is used."""

import csv
from pathlib import Path

import pandas as pd

from sonovae.errors import UserError
from sonovae.recordings import schema

COLUMNS = list(schema.RECORDINGS.columns)
NUMBERS: dict[str, type] = {"seconds": float, "sample_rate": int, "channels": int}
USED, LEFT_OUT, NOT_CHOSEN, LABELS = "used", "left out", "not chosen", "labels"
"""A file's status: a recording that is used; one that cannot be; one that fetch.only or fetch.limit passes over; the
labels of another file's images."""


def write(path: Path, table: pd.DataFrame) -> None:
    """The table as CSV; all text is quoted, as a name may hold a line's end."""
    schema.check(table, schema.RECORDINGS, str(path), "fetch")
    table.to_csv(path, index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)


def read(path: Path) -> pd.DataFrame:
    """The door back from `write`: text columns as text, whatever they hold."""
    stage = "preprocess" if path.parent.name == "pictures" else "fetch"
    try:
        text: dict[str, type] = {
            name: str for name in pd.read_csv(path, nrows=0).columns if name not in NUMBERS
        }
        table = pd.read_csv(path, dtype=text | NUMBERS, keep_default_na=False)
    except (OSError, ValueError):
        raise UserError(
            f"{path} cannot be read as a table: `dvc repro -f {stage}` writes it anew"
        ) from None
    return schema.check(table, schema.RECORDINGS, str(path), stage)


def used(table: pd.DataFrame) -> pd.DataFrame:
    """The rows that are used."""
    return table[table["status"] == USED]


def summary(table: pd.DataFrame) -> str:
    """How many are used, and each that is left out with its reason."""
    kept, gone = used(table), table[table["status"] == LEFT_OUT]
    seconds = f", {kept['seconds'].sum():.0f} s" if kept["seconds"].sum() else ""
    counts = {
        "not chosen": (table["status"] == NOT_CHOSEN).sum(),
        "with a warning": (kept["warning"] != "").sum(),
    }
    others = "".join(f"; {n} {what}" for what, n in counts.items() if n)
    lines = [f"{len(kept)} recordings used{seconds}; {len(gone)} left out{others}"]
    lines += [
        f"  left out: {name!r}: {reason}"
        for name, reason in zip(gone["name"], gone["reason"], strict=True)
    ]
    return "\n".join(lines[:20] + ([f"  … and {len(lines) - 20} more"] if len(lines) > 20 else []))
