"""Recordings that make no clip: preprocess lists them, and readers mark them in fetch's table."""

import csv
from pathlib import Path

import pandas as pd

from sonovae.errors import UserError
from sonovae.project import LEFT_OUT_CSV
from sonovae.recordings import recordings_table

COLUMNS = ["sha256", "reason"]
"""Columns of the list."""


def write(folder: Path, recordings: pd.DataFrame, reason: str) -> None:
    """List these rows of the recordings table in data/pictures; without rows, only the header."""
    table = recordings.assign(reason=reason)[COLUMNS]
    path = folder / LEFT_OUT_CSV
    table.to_csv(path, index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)


def mark(recordings: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Return the recordings table; what the list in data/pictures names is left out there too."""
    path = folder / LEFT_OUT_CSV
    if not path.exists():
        return recordings  # preprocess has not run yet
    try:
        listed = pd.read_csv(path, dtype=str, keep_default_na=False)
        reasons = listed.set_index("sha256")["reason"]
    except (ValueError, KeyError):
        raise UserError(
            f"{path} cannot be read as a table: `dvc repro -f preprocess` writes it again"
        ) from None
    # Duplicates of a recording are left out already, for their own reason.
    is_listed = recordings["sha256"].isin(reasons.index)
    rows = is_listed & (recordings["status"] == recordings_table.USED)
    marked = recordings.copy()
    marked.loc[rows, "status"] = recordings_table.LEFT_OUT
    marked.loc[rows, "reason"] = recordings["sha256"][rows].map(reasons)
    marked.loc[rows, "path"] = ""
    return marked
