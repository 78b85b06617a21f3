"""Folder of trained networks: weights, their sizes, the trained prior and a copy of the codec."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import pandas as pd

from sonovae import params
from sonovae.codec.file_names import CODEC_FILES
from sonovae.distributions import density
from sonovae.distributions.density import Density
from sonovae.errors import UserError
from sonovae.model import backend, networks, weights
from sonovae.model.architecture import Architecture

Pair = tuple[keras.Model, keras.Model]
"""Encoder and decoder."""

VERSION = 6
SIZES = "model.json"
WEIGHTS = ("encoder.npz", "decoder.npz")
HISTORY = ("losses", "kl_by_dim")
PRIOR = "prior.npz"
SNAPSHOTS = "snapshots"


@dataclass(frozen=True)
class Networks:
    """Encoder and decoder that are ready to use, the prior that they were trained with (None of a
    plain autoencoder), and the SHA-256 that names them."""

    encoder: keras.Model
    decoder: keras.Model
    prior: Density | None
    architecture: Architecture
    id: str


def save(
    folder: Path, built: Architecture, pair: Pair, prior: Density | None, threads: int, codec: Path
) -> None:
    """Write the networks' folder, with a copy of the codec's files from the folder `codec`."""
    _save_weights(folder, pair)
    for name in CODEC_FILES:
        shutil.copyfile(codec / name, folder / name)
    if prior:
        prior.save(folder / PRIOR)
    # After all files that the id is a hash of.
    sizes = {
        "version": VERSION,
        "id": _id(folder),
        "threads": threads,
        "architecture": params.plain(built),
    }
    (folder / SIZES).write_text(json.dumps(sizes, indent=2) + "\n", encoding="utf-8")
    (folder / "summary.txt").write_text(networks.summary(*pair), encoding="utf-8")


def save_history(folder: Path, tables: dict[str, pd.DataFrame]) -> None:
    """Write tables by epoch, a CSV for each."""
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", float_format="%.6g", lineterminator="\n")


def history(folder: Path) -> dict[str, pd.DataFrame]:
    """Read the tables of `HISTORY` by epoch; `kl_by_dim` exists for a normal prior only."""
    paths = {name: folder / f"{name}.csv" for name in HISTORY}
    kept = {name: path for name, path in paths.items() if path.is_file()}
    return {name: pd.read_csv(path, index_col="epoch") for name, path in kept.items()}


def save_snapshot(folder: Path, epoch: int, pair: Pair) -> None:
    """Write the weights of an epoch next to those that are used."""
    snapshot = folder / SNAPSHOTS / f"{epoch:05d}"
    snapshot.mkdir(parents=True)
    _save_weights(snapshot, pair)


def load(folder: Path) -> Networks:
    """Load networks; raise UserError if the folder holds none, or other bytes than were saved. The
    last digits of their results depend on `backend.prepare(threads(folder))`."""
    sizes = _sizes(folder)
    complete = all((folder / name).is_file() for name in (*WEIGHTS, *CODEC_FILES))
    if not complete or _id(folder) != sizes["id"]:
        raise UserError(
            f"{folder}: weights, prior or codec are not those that were saved: `dvc checkout"
            f" {folder}` or train again"
        )
    encoder, decoder = _build(sizes)
    _load_weights(folder, (encoder, decoder))
    prior = density.load(folder / PRIOR) if (folder / PRIOR).is_file() else None
    return Networks(encoder, decoder, prior, _architecture(sizes), sizes["id"])


def identify(folder: Path) -> str:
    """Return the id of the networks in a folder, as they were saved."""
    return str(_sizes(folder)["id"])


def architecture(folder: Path) -> Architecture:
    """Return the architecture of the networks in a folder."""
    return _architecture(_sizes(folder))


def threads(folder: Path) -> int:
    """Return the number of threads that networks were trained with."""
    return int(_sizes(folder)["threads"])


def snapshots(folder: Path) -> Iterator[tuple[int, keras.Model, keras.Model]]:
    """Yield epochs whose weights were kept, with encoder and decoder until the next step."""
    kept = sorted((folder / SNAPSHOTS).glob("*"))
    if not kept:
        return
    encoder, decoder = _build(_sizes(folder))
    for snapshot in kept:
        _load_weights(snapshot, (encoder, decoder))
        yield int(snapshot.name), encoder, decoder


def _build(sizes: dict[str, Any]) -> Pair:
    pair = _architecture(sizes).build()
    for network in pair:
        network.compile(jit_compile=backend.jit())
    return pair


def _architecture(sizes: dict[str, Any]) -> Architecture:
    return params.parse(sizes["architecture"], Architecture)


def _save_weights(folder: Path, pair: Pair) -> None:
    for name, network in zip(WEIGHTS, pair, strict=True):
        weights.save(folder / name, network)


def _load_weights(folder: Path, pair: Pair) -> None:
    for name, network in zip(WEIGHTS, pair, strict=True):
        weights.load(folder / name, network)


def _sizes(folder: Path) -> dict[str, Any]:
    try:
        sizes: dict[str, Any] = json.loads((folder / SIZES).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UserError(
            f"{folder} holds no model: `dvc repro train` makes one, `dvc pull` brings one"
        ) from None
    version = sizes.get("version")
    if version != VERSION:
        raise UserError(f"{folder}/{SIZES} has version {version}, not {VERSION}: train again")
    return sizes


def _id(folder: Path) -> str:
    """SHA-256 of weights, trained prior and codec, whatever parameters and data went in."""
    digest = hashlib.sha256()
    for name in (*WEIGHTS, PRIOR, *CODEC_FILES):
        if (folder / name).is_file():
            digest.update((folder / name).read_bytes())
    return digest.hexdigest()
