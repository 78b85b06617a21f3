"""What a result holds, of the working tree or of a commit."""

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sonovae.errors import UserError
from sonovae.evaluation import clip_errors
from sonovae.params.file import read_yaml
from sonovae.recordings import recordings_table
from sonovae.recordings.schema import CLIP_KEY
from sonovae.tracking import provenance
from sonovae.tracking.provenance import StageRecord

RECORDINGS, CLIPS, METRICS = (
    "data/raw/recordings.csv",
    "data/evaluation/clips.csv",
    "data/evaluation/metrics.json",
)
LOSSES = "data/model/losses.csv"
Getter = Callable[[str, Path], Path | None]
"""A path inside the project and where to → the file or folder there, or None."""


@dataclass(frozen=True)
class Result:
    """Tables, parameters and metrics; empty where there are none. And a way to its files."""

    stages: dict[str, StageRecord]
    params: dict[str, Any]
    recordings: pd.DataFrame
    clips: pd.DataFrame
    metrics: dict[str, Any]
    losses: pd.DataFrame
    get: Getter


def of_tree(root: Path) -> Result:
    """That of the working tree."""

    def get(path: str, _: Path) -> Path | None:
        return root / path if (root / path).exists() else None

    return _result(provenance.locked(root), get)


def of_commit(root: Path, revision: str) -> Result:
    """That of a commit, out of DVC's cache or remote; UserError where there is no such commit."""
    from dvc.api import DVCFileSystem  # takes seconds
    from dvc.exceptions import DvcException
    from scmrepo.exceptions import SCMError

    try:
        files = DVCFileSystem(str(root), rev=revision)
    except SCMError:
        raise UserError(f"{revision} is no commit of this repository: git fetch") from None

    def get(path: str, to: Path) -> Path | None:
        try:
            files.get(path, str(to / Path(path).name), recursive=files.isdir(path))
        except (
            DvcException,
            OSError,
        ):  # that commit has no such file, or neither cache nor remote has it
            return None
        return to / Path(path).name

    return _result(provenance.at_commit(root, revision), get)


def _result(stages: dict[str, StageRecord], get: Getter) -> Result:
    with tempfile.TemporaryDirectory() as name:
        paths = ("params.yaml", RECORDINGS, CLIPS, METRICS, LOSSES)
        params, recordings, clips, metrics, losses = (get(path, Path(name)) for path in paths)
        return Result(
            stages,
            dict(read_yaml(params)) if params else {},
            recordings_table.read(recordings)
            if recordings
            else pd.DataFrame(columns=recordings_table.COLUMNS),
            clip_errors.read(clips) if clips else pd.DataFrame(columns=[*CLIP_KEY, "group"]),
            json.loads(metrics.read_text(encoding="utf-8")) if metrics else {},
            pd.read_csv(losses) if losses else pd.DataFrame(columns=["val_mse"]),
            get,
        )
