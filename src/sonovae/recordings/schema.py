"""Rules for the two tables, held where they are read and written; all failures are told at once."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from sonovae.errors import UserError

FILE = r"files/[0-9a-f]{64}([.][a-z0-9]{1,8})?"
HASH = r"[0-9a-f]{64}"
SHOWN = 10
"""Failures that a message holds."""

text, whole, real = pa.Column(str), pa.Column(int, pa.Check.ge(0)), pa.Column(float, pa.Check.ge(0))


def _like(pattern: str) -> pa.Column:
    return pa.Column(str, pa.Check.str_matches(rf"^(?:{pattern})\Z"))


RECORDINGS = pa.DataFrameSchema(
    {
        "path": _like(f"{FILE}|"),
        "name": pa.Column(str, pa.Check.str_length(min_value=1), unique=True),
        "sha256": _like(f"{HASH}|"),
        "seconds": real,
        "sample_rate": whole,
        "channels": whole,
        "label": text,
        "group": text,
        "status": pa.Column(str, pa.Check.isin(["used", "left out", "not chosen", "labels"])),
        "reason": text,
        "warning": text,
    },
    checks=[
        pa.Check(
            lambda t: t["status"].isin(["used", "labels"]) == (t["path"] != ""),
            name="used files have a path",
        ),
        pa.Check(
            lambda t: (t["status"] == "used") == (t["reason"] == ""), name="others have a reason"
        ),
    ],
)

CLIPS = pa.DataFrameSchema(
    {
        "sha256": _like(HASH),
        "item": whole,
        "start": whole,
        "source_start": real,
        "label": text,
        "group": pa.Column(str, pa.Check.str_length(min_value=1)),
        "split": pa.Column(str, pa.Check.isin(["train", "validation", "test"])),
        "low": pa.Column(float),
        "high": pa.Column(float),
        "gain": pa.Column(float, pa.Check.gt(0)),
    },
    checks=[pa.Check(lambda t: t["low"] <= t["high"], name="low is at most high")],
    unique=["sha256", "item", "start"],
)

CLIP_FIELDS = {
    "item": "i8",
    "start": "i8",
    "source_start": "f8",
    "gain": "f8",
    "low": "f8",
    "high": "f8",
}
"""Columns of the clips table that analysis fills, with the types in which the spectrogram cache keeps them."""


def check(table: pd.DataFrame, schema: pa.DataFrameSchema, what: str, stage: str) -> pd.DataFrame:
    """The table; UserError with all that breaks a rule, and how `stage` writes it anew."""
    try:
        return schema.validate(table, lazy=True)
    except SchemaErrors as error:
        cases = error.failure_cases.fillna("").drop_duplicates(["check", "index"])
        lines = [
            f"  row {case['index']}{_where(case)}: {case['check']}"
            for case in cases[:SHOWN].to_dict("records")
        ]
        more = [f"  … and {len(cases) - SHOWN} more"] if len(cases) > SHOWN else []
        head = f"{what} breaks {len(cases)} of its rules: `dvc repro -f {stage}` writes it anew"
        raise UserError("\n".join([head, *lines, *more])) from None


def _where(case: Mapping[Hashable, Any]) -> str:
    """The column and its value; a rule over the whole row has none of its own."""
    return (
        f", {case['column']} = {case['failure_case']!r}"
        if case["schema_context"] == "Column"
        else ""
    )
