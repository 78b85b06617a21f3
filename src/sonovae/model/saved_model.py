"""Folder of a trained model: weights, the networks' sizes, the codec and the latent space."""

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
from sonovae.errors import UserError
from sonovae.model import backend, density, networks, weights
from sonovae.model.architecture import Architecture
from sonovae.model.latent import Space

Networks = tuple[keras.Model, keras.Model]
"""Encoder and decoder."""

VERSION = 5
SIZES = "model.json"
WEIGHTS = ("encoder.npz", "decoder.npz")
HISTORY = ("losses", "kl_by_dim")
PRIOR = "prior.npz"
DENSITY = "density.npz"
SNAPSHOTS = "snapshots"


@dataclass(frozen=True)
class Model:
    """Networks that are ready to use, their latent space, and the SHA-256 that names the model."""

    encoder: keras.Model
    decoder: keras.Model
    space: Space
    architecture: Architecture
    id: str

    @property
    def latent_size(self) -> int:
        """Numbers in z of a clip."""
        return self.architecture.numbers

    @property
    def parameters(self) -> int:
        """Count of both networks' parameters, also of those that are not trained."""
        return int(self.encoder.count_params() + self.decoder.count_params())


def save(
    folder: Path, built: Architecture, pair: Networks, space: Space, threads: int, codec: Path
) -> None:
    """Write the model's folder, with a copy of the codec's files from the folder `codec`."""
    _save_weights(folder, pair)
    for name in CODEC_FILES:
        shutil.copyfile(codec / name, folder / name)
    if space.prior:
        space.prior.save(folder / PRIOR)
    space.density.save(folder / DENSITY)
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


def save_snapshot(folder: Path, epoch: int, pair: Networks) -> None:
    """Write the weights of an epoch next to those of the model."""
    snapshot = folder / SNAPSHOTS / f"{epoch:05d}"
    snapshot.mkdir(parents=True)
    _save_weights(snapshot, pair)


def load(folder: Path) -> Model:
    """Load a model; raise UserError if the folder holds none, or other bytes than were saved. The
    last digits of its results depend on `backend.prepare(threads(folder))`."""
    sizes = _sizes(folder)
    complete = all((folder / name).is_file() for name in (*WEIGHTS, *CODEC_FILES))
    if not complete or _id(folder) != sizes["id"]:
        raise UserError(
            f"{folder}: weights, density or codec are not those that were saved: `dvc checkout"
            f" {folder}` or train again"
        )
    encoder, decoder = _networks(sizes)
    _load_weights(folder, (encoder, decoder))
    prior = density.load(folder / PRIOR) if (folder / PRIOR).is_file() else None
    space = Space(prior, density.load(folder / DENSITY))
    return Model(encoder, decoder, space, _architecture(sizes), sizes["id"])


def threads(folder: Path) -> int:
    """Return the number of threads that a model was trained with."""
    return int(_sizes(folder)["threads"])


def snapshots(folder: Path) -> Iterator[tuple[int, keras.Model, keras.Model]]:
    """Yield epochs whose weights were kept, with encoder and decoder until the next step."""
    kept = sorted((folder / SNAPSHOTS).glob("*"))
    if not kept:
        return
    encoder, decoder = _networks(_sizes(folder))
    for snapshot in kept:
        _load_weights(snapshot, (encoder, decoder))
        yield int(snapshot.name), encoder, decoder


def _networks(sizes: dict[str, Any]) -> Networks:
    pair = _architecture(sizes).build()
    for network in pair:
        network.compile(jit_compile=backend.jit())
    return pair


def _architecture(sizes: dict[str, Any]) -> Architecture:
    return params.parse(sizes["architecture"], Architecture)


def _save_weights(folder: Path, pair: Networks) -> None:
    for name, network in zip(WEIGHTS, pair, strict=True):
        weights.save(folder / name, network)


def _load_weights(folder: Path, pair: Networks) -> None:
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
    """SHA-256 of weights, prior, density and codec, whatever parameters and data went in."""
    digest = hashlib.sha256()
    for name in (*WEIGHTS, PRIOR, DENSITY, *CODEC_FILES):
        if (folder / name).is_file():
            digest.update((folder / name).read_bytes())
    return digest.hexdigest()
