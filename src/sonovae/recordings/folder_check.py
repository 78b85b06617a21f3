"""Faults of the folders that params.yaml names, and parameters that do not fit the recordings.

Both are found before DVC runs a stage.
"""

import csv
import logging
from collections.abc import Iterable
from pathlib import Path

from ruamel.yaml.error import YAMLError

from sonovae import params
from sonovae.arrays import Samples
from sonovae.errors import Unreadable, UserError
from sonovae.features.pitch import Range
from sonovae.params import Params
from sonovae.params.fetch import Fetch
from sonovae.project import Project
from sonovae.recordings import excerpts, folder, pitch_survey
from sonovae.runtime import sandbox

MAX_SECONDS = 10
"""Time to read some seconds of recordings; a decoder that takes longer hangs."""

logger = logging.getLogger(__name__)


def check(root: Path) -> None:
    """Raise UserError if a folder of params.yaml is missing, empty, or cannot be versioned.

    Log a warning if window or overlap of the spectrogram do not fit the recordings.
    """
    settings = params.load(Project(root).params)
    fetch = settings.fetch
    folders = {
        "fetch.folder": fetch.folder,
        "evaluate.unseen": settings.evaluate.unseen,
    }
    for key, path in folders.items():
        if not (root / path).is_dir():
            raise UserError(
                f"{key} = {path!r} does not exist: `dvc checkout`, `dvc pull` or `git checkout`"
                " brings it back; or name another"
            )
        refuse(root / path)
    names = folder.files(root / fetch.folder)
    recordings = [name for name in names if not name.startswith(".") and name != "README.md"]
    if fetch.source == "folder" and not recordings:
        raise UserError(
            f"fetch.folder = {fetch.folder!r} holds no recordings: `make folder FROM=…` adds yours"
        )
    for line in pitch_survey.misfits(settings.preprocess, _pitches(Project(root), settings)):
        logger.warning("%s", line)


def _pitches(project: Project, settings: Params) -> Range | None:
    """Return the range of pitch of the recordings if it matters and recordings are there."""
    waveform = settings.preprocess.waveform
    if waveform is None or not pitch_survey.depends_on_pitch(settings.preprocess):
        return None
    fetched = _fetched(project, settings.fetch)
    sounds: Iterable[tuple[Samples, int]] = excerpts.read(excerpts.quick(fetched))
    if not fetched and settings.fetch.source == "folder":
        sounds = _unchecked(project.root / settings.fetch.folder)
    return pitch_survey.survey(sounds, waveform.sample_rate).middle


def _fetched(project: Project, settings: Fetch) -> list[Path]:
    """Return the used recordings in data/raw; none if they were fetched with other settings."""
    try:
        lock = params.read_yaml(project.lock)
        present = lock["stages"]["fetch"]["params"]["params.yaml"]["fetch"]
        if params.parse(present, Fetch) != settings:
            return []
        with project.recordings.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        return [project.raw / row["path"] for row in rows if row["status"] == "used"]
    # Whatever is wrong with them, the stages report it.
    except (OSError, ValueError, LookupError, TypeError, YAMLError, csv.Error):
        return []


def _unchecked(source: Path) -> list[tuple[Samples, int]]:
    """Return excerpts [n] and rates in Hz of files that fetch has not checked yet.

    There are none if a decoder crashes or hangs.
    """
    paths = folder.files(source).values()
    plain = [path for path in paths if not folder.reason_not_to_open(path, source)]
    # Hostile files may do that, so another process reads them.
    (sounds,) = sandbox.each(excerpts.read_all, [excerpts.quick(plain)], MAX_SECONDS)
    return [] if isinstance(sounds, Unreadable) else sounds


def refuse(path: Path) -> None:
    """Raise UserError, with a line for each fault, if DVC cannot version a folder."""
    faults = {name: _fault(name, file, path) for name, file in folder.files(path).items()}
    lines = [f"{path}: {name!r} {fault}" for name, fault in faults.items() if fault]
    if lines:
        raise UserError("\n".join(lines))


def _fault(name: str, path: Path, folder: Path) -> str:
    if path.is_symlink() and not path.exists():
        return "is a link to nothing: delete it"
    if path.exists() and not path.is_file() and not path.is_dir():
        return "is not a file but a FIFO, socket or device: delete it"
    if name != path.relative_to(folder).as_posix():
        return "(percent-encoded here) has a name that is not UTF-8: rename it"
    # DVC would run it as a pipeline of its own, or refuse to version it.
    if path.name in ("dvc.yaml", "dvc.lock") or path.suffix == ".dvc":
        return "is a file of DVC: move it out of the folder"
    return ""
