"""New sounds as an array that knows how it was made."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sonovae import atomic
from sonovae.arrays import Latents, Pictures
from sonovae.codec.base import Codec
from sonovae.generation import item_files


@dataclass(frozen=True)
class Origin:
    """Sources of sounds: z [n, latent_size], decoded pictures, provenance."""

    codec: Codec
    z: Latents
    pictures: Pictures
    about: dict[str, Any]


class Sounds(np.ndarray):
    """Float32 samples [n, samples] within ±1, or images [n, rows, columns], with their origin.

    Rows keep their origin: `sounds[2:5]` can be saved. A single row is a plain array.
    """

    origin: Origin | None

    def __new__(cls, items: Any, origin: Origin) -> "Sounds":
        """View items, stacked, as sounds."""
        sounds = np.stack(items).astype(np.float32, copy=False).view(cls)
        sounds.origin = origin
        return sounds

    def __array_finalize__(self, parent: Any) -> None:
        """Give a result of the same shape, such as `0.5 * sounds`, its parent's origin."""
        # numpy calls this for each view and result; a new shape has lost its rows.
        same = parent is not None and np.shape(parent) == self.shape
        self.origin = getattr(parent, "origin", None) if same else None

    def __getitem__(self, key: Any) -> Any:
        """Choose rows with their origin, or plain values."""
        chosen = super().__getitem__(key)
        if not isinstance(chosen, Sounds) or self.origin is None:
            return chosen
        # A choice of samples, or one row, is no longer a set of whole sounds.
        if isinstance(key, tuple) or chosen.shape[1:] != self.shape[1:]:
            return np.asarray(chosen)
        origin = self.origin
        chosen.origin = replace(origin, z=origin.z[key], pictures=origin.pictures[key])
        return chosen


def save(sounds: Sounds, folder: str | Path) -> None:
    """Write sounds to a new folder: a file each with its provenance, z.npy, index and gallery.

    Raises UserError if the folder exists, ValueError for an array without an origin.
    """
    origin = getattr(sounds, "origin", None)
    if origin is None:
        raise ValueError("sounds have no origin: save what generate, vary or between returned")
    # Arithmetic on sounds may have left full scale.
    within = np.clip(np.asarray(sounds), -1, 1)
    with atomic.new_folder(Path(folder)) as part:
        pictures = list(origin.pictures)
        item_files.write_gallery(part, origin.codec, pictures, within, origin.about)
        item_files.write_latents(part, origin.z)
