"""Folder of a prior: the distribution of z that was learned after the networks, and levels.

A prior belongs to one model's networks, whose id its folder holds. It lies in the model's folder
as `prior/` where a model is complete, as it is downloaded or served, else next to it, as in data/.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sonovae.errors import UserError
from sonovae.model import density, levels
from sonovae.model.density import Density
from sonovae.model.levels import Levels

VERSION = 1
NAME = "prior"
"""Name of the folder, inside or next to a model's."""
ABOUT = "prior.json"
DENSITY = "density.npz"
LEVELS = "levels.npz"
FILES = (DENSITY, LEVELS)
"""Files that the id is a hash of."""


@dataclass(frozen=True)
class SavedPrior:
    """Density fitted to z of the training clips, their levels, and the SHA-256 of both."""

    kind: str
    density: Density
    levels: Levels
    id: str


def folder_of(model: Path) -> Path:
    """Return the folder of a model's prior: inside the model's folder if it is there, else next to
    it."""
    inside = model / NAME
    if inside.is_dir():
        return inside
    # A path like "." has no name, and its parent is itself.
    parent = model.parent if model.name else model.absolute().parent
    return parent / NAME


def save(folder: Path, kind: str, density: Density, levels: Levels, model: str) -> None:
    """Write a prior of this kind; `model` is the id of the networks that it was fitted to."""
    density.save(folder / DENSITY)
    levels.save(folder / LEVELS)
    # After all files that the id is a hash of.
    about = {
        "version": VERSION,
        "kind": kind,
        "model": model,
        "id": _id(folder, kind),
    }
    (folder / ABOUT).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


def load(folder: Path, model: str) -> SavedPrior:
    """Load the prior of the networks with the id `model`.

    Raises UserError if the folder holds none, one of other networks or of an older version, or
    other bytes than were saved.
    """
    about = _about(folder)
    _check_model(folder, about, model)
    complete = all((folder / name).is_file() for name in FILES)
    if not complete or _id(folder, about["kind"]) != about["id"]:
        raise UserError(
            f"{folder}: density or levels are not those that were saved: `dvc checkout {folder}`"
            " restores them, `dvc repro -f prior` fits them again"
        )
    return SavedPrior(
        about["kind"],
        density.load(folder / DENSITY),
        levels.load(folder / LEVELS),
        about["id"],
    )


def identify(folder: Path, model: str) -> str:
    """Return the id of the prior in a folder, as it was saved; UserError as of `load`."""
    about = _about(folder)
    _check_model(folder, about, model)
    return str(about["id"])


def _about(folder: Path) -> dict[str, Any]:
    try:
        about: dict[str, Any] = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UserError(
            f"{folder} holds no prior: `dvc repro prior` makes one, `dvc pull` brings one"
        ) from None
    version = about.get("version")
    if version != VERSION:
        raise UserError(
            f"{folder}/{ABOUT} has version {version}, not {VERSION}: `dvc repro -f prior` fits it"
            " again"
        )
    return about


def _check_model(folder: Path, about: dict[str, Any], model: str) -> None:
    if about["model"] != model:
        raise UserError(
            f"{folder} holds the prior of another model, {about['model'][:12]}, not of"
            f" {model[:12]}: `dvc repro prior` fits it to this one"
        )


def _id(folder: Path, kind: str) -> str:
    """SHA-256 of the kind and all files, whatever networks they belong to."""
    digest = hashlib.sha256(kind.encode())
    for name in FILES:
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()
