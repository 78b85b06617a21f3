"""Copies of training items among generated ones, found by how near they are."""

import math

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from sonovae.arrays import Embeddings, Flags, Floats64

NEIGHBOURS = 10
"""Training neighbour whose distance a distance is relative to.

In a dense region, such as near silence, no item is a copy just for being near; and a copy of what
is in training a few times still is one.
"""
QUANTILE = 0.1
"""Quantile of test items' distances: a tenth of them may be near-duplicates of training items."""
FACTOR = 0.5
"""Share of that quantile below which an item is a copy.

If features vary in d directions, a new item is below it about once in 10 · 2^d.
"""


def nearest(items: Embeddings, among: Embeddings) -> tuple[Floats64, NDArray[np.intp]]:
    """Find the nearest of [M, D] to each of [N, D]: Euclidean distances [N] and rows [N]."""
    distances, indices = _neighbours(items, among, 1)
    return distances[:, 0], indices[:, 0]


def ratio(generated: Embeddings, test: Embeddings, train: Embeddings) -> float:
    """Median distance of [N, D] to the nearest training item, relative to that of test items.

    About 1 for items as new as unseen real ones, near 0 for copies; NaN if half of the test items
    are themselves in training.
    """
    unseen = np.median(nearest(test, train)[0])
    return float(np.median(nearest(generated, train)[0]) / unseen) if unseen > 0 else math.nan


def flagged(generated: Embeddings, test: Embeddings, train: Embeddings) -> Flags:
    """Flag copies [N]: items nearer to training than `FACTOR` times what 90 % of test items are.

    Distances are relative (much as in Carlini et al. 2023). No item is flagged if more than a
    tenth of the test items are themselves in training.
    """
    limit = FACTOR * np.quantile(_relative(test, train), QUANTILE)
    return np.asarray(_relative(generated, train) < limit)


def _relative(items: Embeddings, train: Embeddings) -> Floats64:
    """Distance [N] to the nearest training item over that to the tenth nearest, in [0, 1]."""
    distances, _ = _neighbours(items, train, min(NEIGHBOURS, len(train)))
    # If even the tenth is at distance 0, the ratio is 0: a copy.
    first = distances[:, 0]
    last = distances[:, -1]
    return np.divide(first, last, out=np.zeros_like(first), where=last > 0)


def _neighbours(items: Embeddings, among: Embeddings, k: int) -> tuple[Floats64, NDArray[np.intp]]:
    """Return distances and rows [N, k] of the nearest of [M, D], in ascending order."""
    index = NearestNeighbors(n_neighbors=k).fit(among.astype(float))
    distances, rows = index.kneighbors(items.astype(float))
    return distances, rows
