"""Kinds of values in params.yaml, each with its rule."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field
from pydantic.dataclasses import dataclass

STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
"""Unknown keys, numbers as text, NaN and infinity are refused, so that no slip becomes a value."""

Count = Annotated[int, Field(ge=1)]
CountOrZero = Annotated[int, Field(ge=0)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Decibels = Annotated[float, Field(le=0)]
Share = Annotated[float, Field(ge=0, le=1)]

FILE_COLUMNS = {"path", "name", "sha256", "seconds", "sample_rate", "channels"}
STATUS_COLUMNS = {"status", "reason", "warning", "samples", "labels"}
CLIP_COLUMNS = {"item", "start", "source_start", "split", "low", "high", "gain"}
OWN_COLUMNS = FILE_COLUMNS | STATUS_COLUMNS | CLIP_COLUMNS
"""Columns of the recordings and clips tables that no pattern may overwrite."""


def _is_inside(path: str) -> str:
    if Path(path).is_absolute() or ".." in Path(path).parts:
        raise ValueError("must be a path inside the project, which DVC copies for experiments")
    return path


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"must be a regular expression: {error}") from None
    return pattern


def _names_new_columns(pattern: str) -> str:
    taken = OWN_COLUMNS & set(re.compile(pattern).groupindex)
    if taken:
        raise ValueError(f"the table has its own column {min(taken)}: give the group another name")
    return pattern


InsidePath = Annotated[str, Field(min_length=1), AfterValidator(_is_inside)]
Names = Annotated[tuple[str, ...], Field(min_length=1)]
Expression = Annotated[str, AfterValidator(_compiles)]
Pattern = Annotated[Expression, AfterValidator(_names_new_columns)]
Selection = Annotated[dict[str, Expression], Field(min_length=1)]
"""Columns of a table, each with a regular expression that its whole value must match."""


@dataclass(frozen=True, config=STRICT)
class Limit:
    """At most `count` items, the first or random ones."""

    count: Count
    draw: Literal["first", "random"]  # random by a hash, so new items change few
    seed: Seed
