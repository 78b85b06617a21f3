"""Baselines for any model: the mean picture, and a principal component analysis (PCA)."""

from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA

from sonovae.arrays import Picture
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
        """Project pictures [N, rows, columns] on the components."""
        flat = self.pca.inverse_transform(self.pca.transform(pictures.reshape(len(pictures), -1)))
        return np.asarray(flat, np.float32).reshape(pictures.shape)

    def draw(self, n: int, rng: np.random.Generator) -> PictureArray:
        """Draw pictures [n, rows, columns] in [0, 1] from the Gaussian of the components."""
        spread = np.sqrt(self.pca.explained_variance_)
        points = rng.standard_normal((n, self.pca.n_components_)) * spread
        flat = self.pca.inverse_transform(points)
        return np.clip(flat, 0, 1).astype(np.float32).reshape(n, *self.mean.shape)


def fit(train: Pictures, components: int, seed: int, most_bytes: int = MOST_BYTES) -> Floors:
    """Fit to pictures [N, bins, frames], with at most as many components as z has numbers."""
    most = max(2, most_bytes // (4 * int(np.prod(train.shape[1:]))))
    rows = np.random.default_rng(seed).permutation(len(train))[:most]
    # In rising order the file is read from front to back.
    pictures = train[np.sort(rows)]
    flat = pictures.reshape(len(pictures), -1)
    pca = PCA(min(components, *flat.shape), svd_solver="randomized", random_state=seed)
    return Floors(pictures.mean(axis=0), pca.fit(flat))
