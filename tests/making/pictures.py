"""Pictures on disk, and small networks that train on them."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from sonovae import params
from sonovae.dataset.saved_dataset import Pictures
from sonovae.model import networks, priors, vae
from sonovae.params.layers import Layers
from tests.making.projects import HERE


def on_disk(folder: Path, pictures: np.ndarray) -> Pictures:
    np.save(folder / "pictures.npy", pictures.astype(np.float32))
    return Pictures(folder / "pictures.npy")


THERE = [
    {"layer": "space_to_depth", "block": 4},
    {"layer": "residual", "filters": [3], "kernel": 3},
]
BACK = [
    {"layer": "project", "filters": 16, "activation": "linear"},
    {"layer": "residual", "filters": [3, 3], "kernel": 3},
    {"layer": "depth_to_space", "block": 4},
]
CONV = {"layer": "conv", "filters": 1, "kernel": 3, "stride": [1, 1], "padding": "same"}
CONV |= {"activation": "sigmoid", "batch_norm": False}
PROJECT = {"layer": "project", "filters": 2, "activation": "relu"}


def build(
    prior: priors.Normal | priors.Mixture | None,
    terms: dict[str, Any],
    conv: dict[str, object] = CONV,
    size: int = 3,
) -> vae.VAE:
    keras.utils.set_random_seed(1)
    encoder = networks.encoder(
        (8, 8), params.parse([conv], Layers), size, outputs=2 if prior else 1
    )
    decoder = networks.decoder((8, 8), params.parse([PROJECT, conv], Layers), size)
    model = vae.VAE(encoder, decoder, prior, terms, seed=1)
    model.compile(optimizer="adam")
    return model


def pictures(rng: np.random.Generator, n: int = 6) -> np.ndarray:
    return rng.uniform(size=(n, 8, 8)).astype(np.float32)


def train(**changes: object) -> Any:
    plain = params.plain(params.load(HERE / "params.yaml").train)
    usual = {
        "initialization": "random",
        "latent_size": 32,
        "sequence": None,
        "encoder": THERE,
        "decoder": BACK,
        "clip_norm": None,
        "batch_size": 16,
        "learning_rate": 2e-3,
        "dense_learning_rate": None,
        "time_warp": 0,
        "reconstruction": "mse",
    }
    usual |= {"kl_weight": 5e-7, "schedule": "constant", "warmup_batches": 0}
    return params.parse(plain | usual | changes, params.Params.__annotations__["train"])
