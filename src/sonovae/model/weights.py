"""Weights of a network on disk, as plain arrays."""

from pathlib import Path

import keras
import numpy as np

from sonovae.errors import UserError


def save(file: Path, network: keras.Model) -> None:
    """Write an npz of the weights in the network's order."""
    # Keras' own files hold the names of layers, which count up in a process.
    np.savez(file, *network.get_weights())


def load(file: Path, network: keras.Model) -> None:
    """Set the network's weights to those of a file; raise UserError if one is not finite."""
    # allow_pickle=False: loading runs no code of the file.
    with np.load(file, allow_pickle=False) as arrays:
        weights = [arrays[key] for key in arrays.files]
    if not all(np.isfinite(weight).all() for weight in weights):
        raise UserError(f"{file}: the {file.stem} holds weights that are not finite: train again")
    network.set_weights(weights)
