"""Numbers from arrays: how well pictures are reconstructed, and the floors to hold that against."""

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

Pictures = NDArray[np.float32]


def mean_squared_error(pictures: Pictures, others: Pictures) -> float:
    """Mean over clips and pixels of [N, bins, frames]."""
    return float(np.mean(np.square(pictures.astype(float) - others)))


def mean_picture_floor(train: Pictures, test: Pictures) -> float:
    """The error of answering every test picture with the mean of the training ones."""
    return mean_squared_error(test, train.mean(axis=0))


def pca_floor(train: Pictures, test: Pictures, components: int, seed: int) -> float:
    """The error of a principal component analysis with as many components as z has, fitted on the training pictures."""
    flat_train, flat_test = train.reshape(len(train), -1), test.reshape(len(test), -1)
    pca = PCA(min(components, *flat_train.shape), svd_solver="randomized", random_state=seed)
    restored = pca.fit(flat_train).inverse_transform(pca.transform(flat_test))
    return mean_squared_error(flat_test, restored)


def rounded(metrics: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """To six significant digits, what can be said."""
    return {section: {key: float(f"{value:.6g}") for key, value in some.items()} for section, some in metrics.items()}
