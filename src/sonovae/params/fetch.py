"""The section `fetch`: where recordings come from, how they are named, which are usable."""

import re
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
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
from sonovae.project import EVALUATION, JUDGE, MODEL, PICTURES, PRIOR, RAW, SAMPLES

OUTS = {PurePosixPath(out) for out in (RAW, PICTURES, MODEL, PRIOR, JUDGE, EVALUATION, SAMPLES)}
"""Folders that the stages write."""


@dataclass(frozen=True, config=STRICT)
class Whistles:
    """Synthetic whistles: each of `whistlers` people whistles each melody `takes` times."""

    whistlers: Count
    takes: Count
    seconds: Annotated[float, Field(ge=1, le=600)]  # of a recording, about
    sample_rate: Annotated[int, Field(ge=8000, le=192000)]  # Hz
    seed: Seed


@dataclass(frozen=True, config=STRICT)
class Table:
    """A CSV file in the recordings' folder, and its columns for file name, label and group."""

    path: InsidePath
    name: str
    label: str
    group: str


def without_login(at: str) -> str:
    """Return the path or URL; raise ValueError if it is empty or a URL with a login."""
    if not at or re.match(r"\w+://[^/]*@", at):
        raise ValueError("must be a path, or a URL without a login, as git keeps params.yaml")
    return at


@dataclass(frozen=True, config=STRICT)
class Archive:
    """A zip or tar file: a path in the project, or a URL; and the SHA-256 it must have."""

    at: Annotated[str, AfterValidator(without_login)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


def _is_pinned(handle: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]+/[A-Za-z0-9_-]+/versions/[1-9]\d*", handle):
        raise ValueError("must be owner/name/versions/N: Kaggle's name of a dataset, and a version")
    return handle


def _is_apart(folder: str) -> str:
    # Otherwise fetch would read what the stages write, and DVC would refuse the pipeline.
    path = PurePosixPath(folder)
    outer = {parent for out in OUTS for parent in out.parents}
    if path in outer or not OUTS.isdisjoint((path, *path.parents)):
        raise ValueError("must be a folder of its own, apart from the folders that stages write")
    return folder


Handle = Annotated[str, AfterValidator(_is_pinned)]


@dataclass(frozen=True, config=STRICT)
class Fetch:
    """Where recordings come from, how they are named, and which are usable."""

    source: Literal["whistles", "folder", "archive", "kaggle"]
    kind: Literal["sound", "image"]
    folder: Annotated[InsidePath, AfterValidator(_is_apart)]
    archive: Archive | None
    kaggle: Handle | None
    pattern: Pattern | None
    table: Table | None
    only: Selection | None
    limit: Limit | None  # of the usable recordings, by name
    min_recordings: Count
    max_skip_fraction: Share
    min_seconds: NotNegative  # seconds, of a sound
    min_peak_dbfs: Decibels  # dB, 0 is full scale, of a sound
    whistles: Whistles

    def __post_init__(self) -> None:
        if self.pattern is not None and self.table is not None:
            raise ValueError(
                "pattern and fetch.table both name the labels: set one of them to null"
            )
        if self.source == "whistles" and self.kind == "image":
            raise ValueError("kind = image does not fit source = whistles, which are sounds")
        if self.source in ("archive", "kaggle") and getattr(self, self.source) is None:
            raise ValueError(f"source = {self.source} needs {self.source}, which is null")
