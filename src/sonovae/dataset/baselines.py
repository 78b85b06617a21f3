"""Baselines for any model: the mean picture, and a principal component analysis (PCA)."""

from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA

from sonovae.arrays import Floats32, Picture
from sonovae.arrays import Pictures as PictureArray
from sonovae.dataset.saved_dataset import Pictures

MOST_BYTES = 2**29
"""Training pictures in memory while a PCA is fitted; of more, a random part is used."""


@dataclass(frozen=True)
class Floors:
    """Mean picture [rows, columns] of the training split, and a PCA of its pictures."""

    mean: Picture
    pca: PCA

    def restore(self, pictures: PictureArray) -> PictureArray:
        """Return what the components hold of pictures [N, rows, columns]."""
        return self.decode(self.encode(pictures))

    def encode(self, pictures: PictureArray) -> Floats32:
        """Project pictures [N, rows, columns] to their components [N, D]."""
        return np.asarray(self.pca.transform(pictures.reshape(len(pictures), -1)), np.float32)

    def decode(self, components: Floats32) -> PictureArray:
        """Turn components [N, D] back to pictures [N, rows, columns]."""
        flat = self.pca.inverse_transform(components)
        return np.asarray(flat, np.float32).reshape(-1, *self.mean.shape)


def fit(train: Pictures, components: int, seed: int, most_bytes: int = MOST_BYTES) -> Floors:
    """Fit to pictures [N, bins, frames], with at most as many components as z has numbers."""
    most = max(2, most_bytes // (4 * int(np.prod(train.shape[1:]))))
    rows = np.random.default_rng(seed).permutation(len(train))[:most]
    # In rising order the file is read from front to back.
    pictures = train[np.sort(rows)]
    flat = pictures.reshape(len(pictures), -1)
    pca = PCA(min(components, *flat.shape), svd_solver="randomized", random_state=seed)
    return Floors(pictures.mean(axis=0), pca.fit(flat))
