"""The model's folder: weights, the sizes that rebuild the networks, the codec, and its latent space."""

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
from sonovae.model.latent import Space
from sonovae.params.layers import Layers
from sonovae.params.train import Train

VERSION = 4
WEIGHTS = ("encoder.npz", "decoder.npz")
HISTORY = ("losses", "kl_by_dim")
PRIOR, DENSITY, SNAPSHOTS = "prior.npz", "density.npz", "snapshots"


@dataclass(frozen=True)
class Model:
    """Networks that are ready to use, their latent space, and the model's id."""

    encoder: keras.Model
    decoder: keras.Model
    space: Space
    id: str

    @property
    def latent_size(self) -> int:
        """Of z."""
        return int(self.decoder.input_shape[-1])

    @property
    def parameters(self) -> int:
        """Of both networks, also those that are no weights to be trained."""
        return int(self.encoder.count_params() + self.decoder.count_params())


def save(
    folder: Path, encoder: keras.Model, decoder: keras.Model, space: Space, p: Train, codec: Path
) -> None:
    """Write the model's folder, with the codec's files from the folder `codec` beside the weights."""
    save_weights(folder, encoder, decoder)
    for name in CODEC_FILES:
        shutil.copyfile(codec / name, folder / name)
    if space.prior:
        space.prior.save(folder / PRIOR)
    space.density.save(folder / DENSITY)
    sizes: dict[str, Any] = {
        "version": VERSION,
        "id": _id(folder),
        "shape": encoder.input_shape[1:],
    }
    sizes |= {
        key: params.plain(p)[key]
        for key in ("latent_size", "threads", "prior", "encoder", "decoder")
    }
    (folder / "model.json").write_text(json.dumps(sizes, indent=2) + "\n", encoding="utf-8")
    (folder / "summary.txt").write_text(networks.summary(encoder, decoder), encoding="utf-8")


def save_history(folder: Path, tables: dict[str, pd.DataFrame]) -> None:
    """Write what training saw epoch by epoch, a CSV for each of `HISTORY` that there is."""
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", float_format="%.6g", lineterminator="\n")


def history(folder: Path) -> dict[str, pd.DataFrame]:
    """The door back: tables by epoch, of which `kl_by_dim` [epochs, latent_size] is there where the prior is normal."""
    paths = {name: folder / f"{name}.csv" for name in HISTORY}
    return {
        name: pd.read_csv(path, index_col="epoch") for name, path in paths.items() if path.is_file()
    }


def save_snapshot(folder: Path, epoch: int, encoder: keras.Model, decoder: keras.Model) -> None:
    """Keep the weights of an epoch beside those that the model will have."""
    at = folder / SNAPSHOTS / f"{epoch:05d}"
    at.mkdir(parents=True)
    save_weights(at, encoder, decoder)


def save_weights(folder: Path, encoder: keras.Model, decoder: keras.Model) -> None:
    """Of both networks."""
    for network, name in zip((encoder, decoder), WEIGHTS, strict=True):
        weights.save(folder / name, network)


def load(folder: Path) -> Model:
    """The door back; UserError where the folder holds no model, or one whose bytes have changed. Runs no code of it."""
    sizes = _sizes(folder)
    if (
        not all((folder / name).is_file() for name in (*WEIGHTS, *CODEC_FILES))
        or _id(folder) != sizes["id"]
    ):
        raise UserError(
            f"{folder}: weights, density or codec are not those that were saved: `dvc checkout {folder}` or train again"
        )
    encoder, decoder = _networks(sizes)
    _load_weights(folder, encoder, decoder)
    prior = density.load(folder / PRIOR) if sizes["prior"] != "none" else None
    return Model(encoder, decoder, Space(prior, density.load(folder / DENSITY)), sizes["id"])


def snapshots(folder: Path) -> Iterator[tuple[int, keras.Model, keras.Model]]:
    """Each epoch whose weights were kept, with encoder and decoder as they then were, until the next is asked for."""
    if kept := sorted((folder / SNAPSHOTS).glob("*")):
        encoder, decoder = _networks(_sizes(folder))
        for at in kept:
            _load_weights(at, encoder, decoder)
            yield int(at.name), encoder, decoder


def _networks(sizes: dict[str, Any]) -> tuple[keras.Model, keras.Model]:
    backend.prepare(sizes["threads"])
    there, back = (params.parse(sizes[side], Layers) for side in ("encoder", "decoder"))
    made = networks.build(tuple(sizes["shape"]), there, back, sizes["latent_size"], sizes["prior"])
    for network in made:
        network.compile()
    return made


def _load_weights(folder: Path, *made: keras.Model) -> None:
    for network, file in zip(made, WEIGHTS, strict=True):
        weights.load(folder / file, network)


def _sizes(folder: Path) -> dict[str, Any]:
    try:
        sizes: dict[str, Any] = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UserError(
            f"{folder} holds no model: `dvc repro train` makes one, `dvc pull` brings one"
        ) from None
    if (version := sizes.get("version")) != VERSION:
        raise UserError(
            f"{folder}/model.json has version {version}, this is for {VERSION}: train again"
        )
    return sizes


def _id(folder: Path) -> str:
    """SHA-256 of weights, prior, density and codec: what came out, whatever went in."""
    digest = hashlib.sha256()
    for name in (*WEIGHTS, PRIOR, DENSITY, *CODEC_FILES):
        if (folder / name).is_file():
            digest.update((folder / name).read_bytes())
    return digest.hexdigest()
