"""A network's weights on disk, as arrays alone: Keras' own files hold layers' names, which count up in a process."""

from pathlib import Path

import keras
import numpy as np

from sonovae.errors import UserError


def save(file: Path, network: keras.Model) -> None:
    """Write an npz."""
    np.savez(file, *network.get_weights())


def load(file: Path, network: keras.Model) -> None:
    """The door back; UserError where one is not finite. Runs no code of the file."""
    with np.load(file, allow_pickle=False) as arrays:
        weights = [arrays[key] for key in arrays.files]
    if not all(np.isfinite(weight).all() for weight in weights):
        raise UserError(f"{file}: the {file.stem} holds weights that are not finite: train again")
    network.set_weights(weights)
