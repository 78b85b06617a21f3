"""Whether generated items are copies of training ones: how near they come, held against real ones never trained on."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

Rows = NDArray[np.floating[Any]]
Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

NEIGHBOURS = 10
"""A distance is large or small against that to the tenth nearest training item. So a dense corner, like near silence,
is not taken for copies, and a copy of what is in training a few times is still one."""
QUANTILE = 0.1
"""Of the test items' relative distances, to hold the generated ones against: low, but up to a tenth of the test split
may be near-duplicates of training items without a say."""
FACTOR = 0.5
"""What is at half of that is a copy. In features that vary in d directions a new item gets there about once in
10 · 2^d: 0.04 % for 8, 2.5 % for 2."""


def nearest(items: Rows, among: Rows) -> tuple[Floats, Indices]:
    """For each of [N, D] the Euclidean distance [N] to the nearest of [M, D], and which that is [N]."""
    distances, indices = _neighbours(items, among, 1)
    return distances[:, 0], indices[:, 0]


def ratio(generated: Rows, test: Rows, train: Rows) -> float:
    """The median distance of a generated item to its nearest training one over that of a test item: about 1 for what is
    as new as unseen real ones, near 0 for copies. NaN where half of the test items are themselves in training."""
    unseen = np.median(nearest(test, train)[0])
    return float(np.median(nearest(generated, train)[0]) / unseen) if unseen > 0 else math.nan


def flagged(generated: Rows, test: Rows, train: Rows) -> NDArray[np.bool_]:
    """[N]: whether each is a copy: nearer to a training item than `FACTOR` times what nine in ten test items keep, each
    distance taken over that to the tenth nearest training item (much as in Carlini et al. 2023). None is where more
    than a tenth of the test items are themselves in training."""
    limit = FACTOR * np.quantile(_relative(test, train), QUANTILE)
    return np.asarray(_relative(generated, train) < limit)


def _relative(items: Rows, train: Rows) -> Floats:
    """[N], from 0 to 1: the distance to the nearest training item over that to the tenth nearest."""
    distances, _ = _neighbours(items, train, min(NEIGHBOURS, len(train)))
    first, last = distances[:, 0], distances[:, -1]
    return np.divide(first, last, out=np.zeros_like(first), where=last > 0)


def _neighbours(items: Rows, among: Rows, k: int) -> tuple[Floats, Indices]:
    """Distances and indices [N, k] of the nearest of [M, D], the nearest first."""
    distances, indices = (
        NearestNeighbors(n_neighbors=k).fit(among.astype(float)).kneighbors(items.astype(float))
    )
    return distances, indices
