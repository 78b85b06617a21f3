"""Recordings table: every file that fetch saw, its contents, its names, and whether it is used."""

import csv
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from sonovae.errors import UserError
from sonovae.recordings import schema

USED = "used"
LEFT_OUT = "left out"
NOT_CHOSEN = "not chosen"
LABELS = "labels"
"""Status of a file: used; unusable; excluded by fetch.only or fetch.limit; labels of images."""
KEPT = [USED, LABELS]
"""Statuses of the files that data/raw keeps."""
STAGE = "fetch"
"""Stage that writes the table."""
NUMBERS: dict[str, type] = {"seconds": float, "sample_rate": int, "channels": int}
"""Types of the columns that are not text."""
MAX_LINES = 20
"""Lines of a summary, which fit on a screen."""

SCHEMA = pa.DataFrameSchema(
    {
        "path": schema.matching(rf"files/{schema.HASH}([.][a-z0-9]{{1,8}})?|"),
        "name": pa.Column(str, pa.Check.str_length(min_value=1), unique=True),
        "sha256": schema.matching(f"{schema.HASH}|"),
        "seconds": schema.SECONDS,
        "sample_rate": schema.COUNT,
        "channels": schema.COUNT,
        "label": schema.TEXT,
        "group": schema.TEXT,
        "status": pa.Column(str, pa.Check.isin([USED, LEFT_OUT, NOT_CHOSEN, LABELS])),
        "reason": schema.TEXT,
        "warning": schema.TEXT,
    },
    checks=[
        pa.Check(
            lambda table: table["status"].isin(KEPT) == (table["path"] != ""),
            name="used files have a path",
        ),
        pa.Check(
            lambda table: (table["status"] == USED) == (table["reason"] == ""),
            name="others have a reason",
        ),
    ],
)
COLUMNS = list(SCHEMA.columns)
"""Columns of every table; patterns and tables of labels may add others."""


def write(path: Path, table: pd.DataFrame) -> None:
    """Write the table as CSV."""
    schema.check(table, SCHEMA, str(path), STAGE)
    # All text is quoted, because a name may contain a line feed.
    table.to_csv(path, index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)


def read(path: Path) -> pd.DataFrame:
    """Read the table that `write` wrote; raise UserError if it breaks a rule."""
    try:
        header = pd.read_csv(path, nrows=0).columns
        # Text stays text: a label may be `007` or `NA`.
        types: dict[str, type] = dict.fromkeys(header, str) | NUMBERS
        table = pd.read_csv(path, dtype=types, keep_default_na=False)
    except (OSError, ValueError):
        raise UserError(
            f"{path} cannot be read as a table: `dvc repro -f {STAGE}` writes it again"
        ) from None
    return schema.check(table, SCHEMA, str(path), STAGE)


def used(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the recordings that are used."""
    return table[table["status"] == USED]


def values(table: pd.DataFrame, column: str, hashes: list[str], parameter: str) -> list[str]:
    """Return a column's value for each of some recordings, given by their sha256, as text.

    Raises UserError, which names the parameter that names the column, if there is no such column.
    """
    if column not in table:
        raise UserError(
            f"{parameter} = {column!r} is no column of recordings.csv: name one of"
            f" {', '.join(table.columns)}, or null"
        )
    known = table.drop_duplicates("sha256").set_index("sha256")[column].astype(str)
    return known[hashes].tolist()


def summary(table: pd.DataFrame) -> str:
    """Return how many recordings are used, and a line with the reason for each that is left out."""
    kept = used(table)
    left_out = table[table["status"] == LEFT_OUT]
    seconds = kept["seconds"].sum()
    length = f", {seconds:.0f} s" if seconds else ""
    counts = {
        NOT_CHOSEN: (table["status"] == NOT_CHOSEN).sum(),
        "with a warning": (kept["warning"] != "").sum(),
    }
    others = "".join(f"; {count} {what}" for what, count in counts.items() if count)
    lines = [f"{len(kept)} recordings used{length}; {len(left_out)} {LEFT_OUT}{others}"]
    lines += [
        f"  {LEFT_OUT}: {name!r}: {reason}"
        for name, reason in zip(left_out["name"], left_out["reason"], strict=True)
    ]
    if len(lines) > MAX_LINES:
        lines[MAX_LINES:] = [f"  … and {len(lines) - MAX_LINES} more"]
    return "\n".join(lines)
