"""The section of fetch: where recordings come from, what they are called, and which are usable."""

import re
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic.dataclasses import dataclass

from sonovae.params.rules import (
    STRICT,
    Count,
    Decibels,
    InsidePath,
    Limit,
    NotNegative,
    Pattern,
    Seed,
    Selection,
    Share,
)

OUTS = ("raw", "pictures", "model", "judge", "evaluation", "samples")
"""In data/, where the stages write."""


@dataclass(frozen=True, config=STRICT)
class Whistles:
    """The synthetic whistles: `whistlers` people whistle each melody `takes` times, about `seconds` long, at
    `sample_rate` Hz."""

    whistlers: Count
    takes: Count
    seconds: Annotated[float, Field(ge=1, le=600)]
    sample_rate: Annotated[int, Field(ge=8000, le=192000)]
    seed: Seed


@dataclass(frozen=True, config=STRICT)
class Table:
    """A CSV that came with the recordings: its `path` in their folder, and its columns for the file's `name`, the
    `label` and the `group`."""

    path: InsidePath
    name: str
    label: str
    group: str


def without_login(at: str) -> str:
    """The path or URL; ValueError where it holds a login."""
    if not at or re.match(r"\w+://[^/]*@", at):
        raise ValueError(
            "must be a path, or a URL without a login, as params.yaml is no place for one"
        )
    return at


@dataclass(frozen=True, config=STRICT)
class Archive:
    """A zip or tar file: a path, from the repository's folder, or a URL; and its SHA-256, which pins it."""

    at: Annotated[str, AfterValidator(without_login)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


def _is_pinned(handle: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]+/[A-Za-z0-9_-]+/versions/[1-9]\d*", handle):
        raise ValueError(
            "must be owner/name/versions/N, as Kaggle's page of the dataset names it, with a version"
        )
    return handle


def _is_apart(folder: str) -> str:
    """Or fetch would read what the stages write, and DVC refuse it."""
    parts = PurePosixPath(folder).parts
    if parts in ((), ("data",)) or parts[:2] in {("data", out) for out in OUTS}:
        raise ValueError("must be a folder of its own, beside what the stages write")
    return folder


Handle = Annotated[str, AfterValidator(_is_pinned)]


@dataclass(frozen=True, config=STRICT)
class Fetch:
    """Where recordings come from, what they are called, and which are usable."""

    source: Literal["whistles", "folder", "archive", "kaggle"]
    kind: Literal["sound", "image"]
    folder: Annotated[InsidePath, AfterValidator(_is_apart)]
    archive: Archive | None
    kaggle: Handle | None
    pattern: Pattern | None
    table: Table | None
    only: Selection | None
    limit: Limit | None  # of the usable recordings, in the order of their names
    min_recordings: Count
    max_skip_fraction: Share
    min_seconds: NotNegative  # seconds, of a sound
    min_peak_dbfs: Decibels  # dB, 0 is full scale, of a sound
    whistles: Whistles

    @model_validator(mode="after")
    def _one_source_of_labels(self) -> "Fetch":
        if self.pattern is not None and self.table is not None:
            raise ValueError(
                "pattern and table both say what a recording's label is: one of them must be null"
            )
        if self.source == "whistles" and self.kind == "image":
            raise ValueError("source = whistles are sounds: kind must be sound")
        if self.source in ("archive", "kaggle") and getattr(self, self.source) is None:
            raise ValueError(f"source = {self.source} needs {self.source}, which is null")
        return self
