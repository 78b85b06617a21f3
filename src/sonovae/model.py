"""The model's folder: weights, the sizes that rebuild the networks, the codec, and the latent density."""

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from sonovae import backend, latent, networks, params
from sonovae.errors import UserError
from sonovae.latent import Density
from sonovae.params.layers import Layers
from sonovae.params.sections import Train

VERSION = 1
WEIGHTS = ("encoder.npz", "decoder.npz")
CODEC = ("codec.json", "codec.npz")


@dataclass(frozen=True)
class Model:
    """Networks that are ready to use, the density fitted on the training posteriors, and the model's id."""

    encoder: keras.Model
    decoder: keras.Model
    density: Density
    id: str


def save(folder: Path, encoder: keras.Model, decoder: keras.Model, density: Density, p: Train, codec: Path) -> str:
    """Write the model's folder, with the codec's files from the folder `codec` beside the weights; returns its id."""
    for network, name in zip((encoder, decoder), WEIGHTS, strict=True):
        # As arrays alone, since Keras' own files hold layers' names, which count up within a process.
        np.savez(folder / name, *network.get_weights())
    for name in CODEC:
        shutil.copyfile(codec / name, folder / name)
    density.save(folder / "density.npz")
    sizes: dict[str, Any] = {"version": VERSION, "id": _id(folder), "shape": encoder.input_shape[1:]}
    sizes |= {key: params.plain(p)[key] for key in ("latent_size", "threads", "encoder", "decoder")}
    (folder / "model.json").write_text(json.dumps(sizes, indent=2) + "\n", encoding="utf-8")
    return str(sizes["id"])


def load(folder: Path) -> Model:
    """The door back; UserError where the folder holds no model, or one whose bytes have changed. Runs no code of it."""
    sizes = _sizes(folder)
    if not all((folder / name).is_file() for name in (*WEIGHTS, *CODEC)) or _id(folder) != sizes["id"]:
        raise UserError(
            f"{folder}: weights or codec are not those that were saved: `dvc checkout {folder}` or train again"
        )
    backend.prepare(sizes["threads"])
    build = {"encoder": networks.encoder, "decoder": networks.decoder}
    layers = {name: params.parse(sizes[name], Layers) for name in build}
    made = {name: build[name](tuple(sizes["shape"]), layers[name], sizes["latent_size"]) for name in build}
    for (name, network), file in zip(made.items(), WEIGHTS, strict=True):
        with np.load(folder / file, allow_pickle=False) as arrays:
            weights = [arrays[key] for key in arrays.files]
        if not all(np.isfinite(weight).all() for weight in weights):
            raise UserError(f"{folder}/{file}: the {name} holds weights that are not finite: train again")
        network.set_weights(weights)
        network.compile(jit_compile=True)
    return Model(made["encoder"], made["decoder"], latent.load_density(folder / "density.npz"), sizes["id"])


def _sizes(folder: Path) -> dict[str, Any]:
    try:
        sizes: dict[str, Any] = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UserError(f"{folder} holds no model: `dvc repro train` makes one, `dvc pull` brings one") from None
    if (version := sizes.get("version")) != VERSION:
        raise UserError(f"{folder}/model.json has version {version}, this is for {VERSION}: train again")
    return sizes


def _id(folder: Path) -> str:
    """SHA-256 of weights and codec: what came out, whatever went in."""
    digest = hashlib.sha256()
    for name in (*WEIGHTS, *CODEC):
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()
