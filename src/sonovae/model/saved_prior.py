"""Folder of a prior: the distribution of z that was learned after the networks, and levels.

A prior belongs to one model's networks, whose id its folder holds. It lies in the model's folder
as `prior/` where a model is complete, as it is downloaded or served, else next to it, as in data/.
"""

import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from sonovae.distributions import density, levels
from sonovae.distributions.density import Density
from sonovae.distributions.flow import Flow
from sonovae.distributions.levels import Levels
from sonovae.errors import UserError
from sonovae.model import saved_flow, textured_decoder, weights
from sonovae.model.architecture import Architecture
from sonovae.model.textured_decoder import TexturedDecoder

VERSION = 2
NAME = "prior"
"""Name of the folder, inside or next to a model's."""
ABOUT = "prior.json"
DENSITY = "density.npz"
LEVELS = "levels.npz"
DECODER = "decoder.npz"
FILES = (DENSITY, LEVELS)
"""Files of every prior."""
MORE = (*saved_flow.FILES, DECODER)
"""Files of a flow and of a decoder with texture."""


@dataclass(frozen=True)
class Parts:
    """Density fitted to z of the training clips, their levels and, if there are any, a flow over
    latent sequences, a decoder with texture, and losses by epoch."""

    kind: str
    density: Density
    levels: Levels
    flow: Flow | None = None
    decoder: TexturedDecoder | None = None
    losses: dict[str, pd.DataFrame] = field(default_factory=dict)

    def with_flow(self, flow: Flow, losses: pd.DataFrame) -> "Parts":
        """Return the parts with a flow and its losses."""
        return replace(self, flow=flow, losses=self.losses | {"flow": losses})

    def with_decoder(self, decoder: TexturedDecoder, losses: pd.DataFrame) -> "Parts":
        """Return the parts with a decoder and its losses."""
        return replace(self, decoder=decoder, losses=self.losses | {"texture": losses})


@dataclass(frozen=True)
class SavedPrior:
    """Parts of a prior, and the SHA-256 that names them."""

    parts: Parts
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


def save(folder: Path, parts: Parts, model: str) -> None:
    """Write a prior; `model` is the id of the networks that it was fitted to."""
    parts.density.save(folder / DENSITY)
    parts.levels.save(folder / LEVELS)
    about: dict[str, Any] = {"version": VERSION, "kind": parts.kind, "model": model}
    if parts.flow:
        about["flow"] = saved_flow.save(folder, parts.flow)
    if parts.decoder:
        weights.save(folder / DECODER, parts.decoder.network)
    for name, table in parts.losses.items():
        table.to_csv(folder / f"{name}.csv", float_format="%.6g", lineterminator="\n")
    # After all files that the id is a hash of.
    about["id"] = _id(folder, about)
    (folder / ABOUT).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


def load(folder: Path, model: str, built: Architecture) -> SavedPrior:
    """Load the prior of the networks with the id `model`, which were built so.

    Raises UserError if the folder holds none, one of other networks or of an older version, or
    other bytes than were saved.
    """
    about = _about(folder)
    _check_model(folder, about, model)
    complete = all((folder / name).is_file() for name in FILES)
    if not complete or _id(folder, about) != about["id"]:
        raise UserError(
            f"{folder}: density, levels or weights are not those that were saved: `dvc checkout"
            f" {folder}` restores them, `dvc repro -f prior` fits them again"
        )
    parts = Parts(
        about["kind"],
        density.load(folder / DENSITY),
        levels.load(folder / LEVELS),
        saved_flow.load(folder, about["flow"]) if "flow" in about else None,
        _decoder(folder, built) if (folder / DECODER).is_file() else None,
    )
    return SavedPrior(parts, about["id"])


def _decoder(folder: Path, built: Architecture) -> TexturedDecoder:
    decoder = textured_decoder.build(built)
    weights.load(folder / DECODER, decoder.network)
    return decoder


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


def _id(folder: Path, about: dict[str, Any]) -> str:
    """SHA-256 of what the prior is and of its files, whatever networks they belong to."""
    known = {name: about[name] for name in ("kind", "flow") if name in about}
    digest = hashlib.sha256(json.dumps(known, sort_keys=True).encode())
    for name in (*FILES, *MORE):
        if (folder / name).is_file():
            digest.update((folder / name).read_bytes())
    return digest.hexdigest()
