"""Rules for tables, checked when they are read and written, and the columns of the clips table."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from sonovae.errors import UserError

HASH = r"[0-9a-f]{64}"
"""A SHA-256 in hexadecimal."""
MAX_FAULTS = 10
"""Faults that an error lists, which fit on a screen."""

TEXT = pa.Column(str)
COUNT = pa.Column(int, pa.Check.ge(0))
SECONDS = pa.Column(float, pa.Check.ge(0))


def matching(pattern: str) -> pa.Column:
    """Return the rule for text that matches a regular expression over its whole length."""
    # `$` would accept a line feed at the end.
    return pa.Column(str, pa.Check.str_matches(rf"^(?:{pattern})\Z"))


CLIP_KEY = ["sha256", "item", "start"]
"""Columns that identify a clip: the recording's file, the image in it, the first sample."""

CLIPS = pa.DataFrameSchema(
    {
        "sha256": matching(HASH),
        "item": COUNT,
        "start": COUNT,
        "source_start": SECONDS,
        "label": TEXT,
        "group": pa.Column(str, pa.Check.str_length(min_value=1)),
        "split": pa.Column(str, pa.Check.isin(["train", "validation", "test"])),
        "low": pa.Column(float),
        "high": pa.Column(float),
        "gain": pa.Column(float, pa.Check.gt(0)),
    },
    checks=[pa.Check(lambda table: table["low"] <= table["high"], name="low is at most high")],
    unique=CLIP_KEY,
)

CLIP_FIELDS = dict.fromkeys(["item", "start"], "i8")
CLIP_FIELDS |= dict.fromkeys(["source_start", "gain", "low", "high"], "f8")
"""Columns of the clips table that analysis fills, with their types in the spectrogram cache."""


def check(table: pd.DataFrame, schema: pa.DataFrameSchema, what: str, stage: str) -> pd.DataFrame:
    """Return the table; raise UserError with `what` it is and its `stage` if it breaks a rule."""
    try:
        return schema.validate(table, lazy=True)
    except SchemaErrors as error:
        faults = error.failure_cases.fillna("").drop_duplicates(["check", "index"])
        lines = [
            f"{what} breaks {len(faults)} of its rules: `dvc repro -f {stage}` writes it again"
        ]
        lines += [_line(fault) for fault in faults[:MAX_FAULTS].to_dict("records")]
        if len(faults) > MAX_FAULTS:
            lines.append(f"  … and {len(faults) - MAX_FAULTS} more")
        raise UserError("\n".join(lines)) from None


def _line(fault: Mapping[Hashable, Any]) -> str:
    # A rule over the whole row has no column and value of its own.
    if fault["schema_context"] != "Column":
        return f"  row {fault['index']}: {fault['check']}"
    cell = f"{fault['column']} = {fault['failure_case']!r}"
    return f"  row {fault['index']}, {cell}: {fault['check']}"
