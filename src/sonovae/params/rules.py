"""Kinds of values in params.yaml, each with its rule."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field
from pydantic.dataclasses import dataclass

STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Decibels = Annotated[float, Field(le=0)]
Share = Annotated[float, Field(ge=0, le=1)]


OWN_COLUMNS = {
    "path",
    "name",
    "sha256",
    "seconds",
    "sample_rate",
    "channels",
    "status",
    "reason",
    "warning",
    "samples",
    "labels",
}
OWN_COLUMNS |= {"item", "start", "source_start", "split", "low", "high", "gain"}
"""Columns of the recordings and clips tables that no pattern may overwrite."""


def _inside(path: str) -> str:
    if Path(path).is_absolute() or ".." in Path(path).parts:
        raise ValueError(
            "must be a path inside the project, as DVC's experiments run on a copy of it"
        )
    return path


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"must be a regular expression: {error}") from None
    return pattern


def _names_new_columns(pattern: str) -> str:
    if taken := OWN_COLUMNS & set(re.compile(pattern).groupindex):
        raise ValueError(f"the table has its own column {min(taken)}: give the group another name")
    return pattern


InsidePath = Annotated[str, Field(min_length=1), AfterValidator(_inside)]
Expression = Annotated[str, AfterValidator(_compiles)]
Pattern = Annotated[Expression, AfterValidator(_names_new_columns)]
Selection = Annotated[dict[str, Expression], Field(min_length=1)]
"""Columns of the recordings table, each with a regular expression that its whole value must match."""


@dataclass(frozen=True, config=STRICT)
class Limit:
    """At most `count`: the first, or drawn at random by the hash of seed and name, so that more to choose from leaves
    nearly all of the choice as it was."""

    count: Count
    draw: Literal["first", "random"]
    seed: Seed
