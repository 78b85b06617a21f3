"""Results of the working tree and of a commit."""

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from sonovae import params
from sonovae.errors import UserError
from sonovae.evaluation import clip_errors
from sonovae.project import (
    CLIPS_CSV,
    EVALUATION,
    METRICS,
    MODEL,
    PARAMS,
    RAW,
    RECORDINGS_CSV,
    SCORES_CSV,
)
from sonovae.promotion import result_comparison
from sonovae.promotion.result_comparison import Tables
from sonovae.recordings import recordings_table
from sonovae.recordings.schema import CLIP_KEY
from sonovae.tracking import provenance
from sonovae.tracking.provenance import StageRecord

Getter = Callable[[str, Path], Path | None]
"""Function of a path in the project and a folder, to which it may copy; returns the file there."""
T = TypeVar("T")


@dataclass(frozen=True)
class Result:
    """Parameters, tables and metrics of a result, empty if they are missing; `get` has the rest."""

    stages: dict[str, StageRecord]
    params: dict[str, Any]
    recordings: pd.DataFrame
    clips: pd.DataFrame
    metrics: dict[str, Any]
    losses: pd.DataFrame
    get: Getter
    scores: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def tables(self) -> Tables:
        """Tables that results are compared by."""
        return Tables(self.scores, self.clips)


def of_tree(root: Path) -> Result:
    """Return the result in the working tree."""

    def get(path: str, _: Path) -> Path | None:
        return root / path if (root / path).exists() else None

    return _result(provenance.locked(root), get)


def of_commit(root: Path, revision: str) -> Result:
    """Return a commit's result, from DVC's cache or remote; UserError if there is none."""
    # These imports take seconds.
    from dvc.api import DVCFileSystem
    from dvc.exceptions import DvcException
    from scmrepo.exceptions import SCMError

    try:
        files = DVCFileSystem(str(root), rev=revision)
    except SCMError:
        raise UserError(f"{revision} is no commit of this repository: git fetch") from None

    def get(path: str, to: Path) -> Path | None:
        copy = to / Path(path).name
        try:
            files.get(path, str(copy), recursive=files.isdir(path))
        # The commit lacks the file, or cache and remote do.
        except (DvcException, OSError):
            return None
        return copy

    return _result(provenance.at_commit(root, revision), get)


def _result(stages: dict[str, StageRecord], get: Getter) -> Result:
    with tempfile.TemporaryDirectory() as folder:

        def read(path: str, reader: Callable[[Path], T], default: T) -> T:
            file = get(path, Path(folder))
            return reader(file) if file else default

        no_recordings = pd.DataFrame(columns=recordings_table.COLUMNS)
        no_clips = pd.DataFrame(columns=[*CLIP_KEY, "group"])
        no_losses = pd.DataFrame(columns=["val_mse"])
        return Result(
            stages=stages,
            params=read(PARAMS, params.read_yaml, {}),
            recordings=read(f"{RAW}/{RECORDINGS_CSV}", recordings_table.read, no_recordings),
            clips=read(f"{EVALUATION}/{CLIPS_CSV}", clip_errors.read, no_clips),
            metrics=read(METRICS, _json, {}),
            losses=read(f"{MODEL}/losses.csv", pd.read_csv, no_losses),
            get=get,
            scores=read(
                f"{EVALUATION}/{SCORES_CSV}", result_comparison.read_scores, pd.DataFrame()
            ),
        )


def _json(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))
