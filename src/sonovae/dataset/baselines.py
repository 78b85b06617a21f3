"""What a model must be held against: answering with the mean picture, and a principal component analysis."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from sonovae.dataset.saved_dataset import Pictures

Array = NDArray[np.float32]

MOST_BYTES = 2**29
"""Of training pictures in memory, drawn at random where there are more."""


@dataclass(frozen=True)
class Floors:
    """The mean [bins, frames] of training pictures, and a PCA of them with as many components as z has numbers."""

    mean: Array
    pca: PCA

    def restore(self, pictures: Array) -> Array:
        """[N, bins, frames] → as PCA brings them back."""
        flat = self.pca.inverse_transform(self.pca.transform(pictures.reshape(len(pictures), -1)))
        return np.asarray(flat, np.float32).reshape(pictures.shape)

    def draw(self, n: int, rng: np.random.Generator) -> Array:
        """[n, bins, frames]: new pictures, from the Gaussian of the components."""
        points = rng.standard_normal((n, self.pca.n_components_)) * np.sqrt(
            self.pca.explained_variance_
        )
        flat = self.pca.inverse_transform(points)
        return np.clip(flat, 0, 1).astype(np.float32).reshape(n, *self.mean.shape)


def fit(train: Pictures, components: int, seed: int, most_bytes: int = MOST_BYTES) -> Floors:
    """From the training pictures, or some of them."""
    most = max(2, most_bytes // (4 * int(np.prod(train.shape[1:]))))
    some = train[np.sort(np.random.default_rng(seed).permutation(len(train))[:most])]
    flat = some.reshape(len(some), -1)
    pca = PCA(min(components, *flat.shape), svd_solver="randomized", random_state=seed)
    return Floors(some.mean(axis=0), pca.fit(flat))
