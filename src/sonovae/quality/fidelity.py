"""Scores of generated items against real ones, from a classifier's outputs or embeddings."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from scipy.special import entr, ndtri, rel_entr
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler

from sonovae.arrays import Embeddings, Flags, Floats, Floats64

FLOOR = 1e-7
"""Smallest probability in a logarithm, about the resolution of a float32 softmax.

A single 0 would make a score infinite.
"""
SIGNIFICANCE = 0.05
"""Level of each bin's two-sided test, as in Richardson and Weiss 2018."""
FEWEST_IN_BIN = 10
"""Least average number of training items in a bin, for the normal approximation of its share."""
BATCH = 256
"""Rows whose distances to all others are in memory at once."""


def inception_score(probabilities: Floats) -> float:
    """exp of the mean KL(p(y|x) ‖ p(y)) over all x of p(y|x) [N, K] (Salimans et al. 2016).

    From 1, no class told apart, to K, each x certain and all classes equally frequent.
    """
    p = probabilities.astype(float)
    # The mean KL is the entropy of p(y) minus the mean entropy of p(y|x).
    return float(np.exp(entr(p.mean(axis=0)).sum() - entr(p).sum(axis=1).mean()))


def modified_inception_score(probabilities: Floats) -> float:
    """exp of the mean KL(p(y|x_i) ‖ p(y|x_j)) over N² pairs of p(y|x) [N, K]; 1 at least.

    It rewards variety within a class too (Gurumurthy et al. 2017).
    """
    p = probabilities.astype(float)
    logs = np.log(np.maximum(p, FLOOR))
    return float(np.exp((p * logs).sum(axis=1).mean() - p.mean(axis=0) @ logs.mean(axis=0)))


def am_score(probabilities: Floats, reference: Floats) -> float:
    """KL(reference ‖ mean p(y|x)) + mean entropy of p(y|x) [N, K], in nats (Zhou et al. 2018).

    `reference` [K] is the share of each label among the training clips. Lower is better.
    """
    p = probabilities.astype(float)
    gap = rel_entr(reference.astype(float), np.maximum(p.mean(axis=0), FLOOR)).sum()
    return float(gap + entr(p).sum(axis=1).mean())


@dataclass(frozen=True)
class Gaussian:
    """Mean [D] of [N, D], and R [min(N, D), D] with Rᵀ R = their covariance."""

    mean: Floats64
    root: Floats64


def gaussian(items: Embeddings) -> Gaussian:
    """Fit a Gaussian to [N, D]; the covariance of a single item is zero."""
    mean = items.mean(axis=0, dtype=float)
    centred = (items.astype(float) - mean) / np.sqrt(max(1, len(items) - 1))
    # Any root will do, so the smaller one of the data themselves and their QR.
    if len(items) <= items.shape[1]:
        return Gaussian(mean, centred)
    return Gaussian(mean, np.asarray(np.linalg.qr(centred, mode="r")))


def frechet_distance(real: Gaussian, generated: Gaussian) -> float:
    """‖μ1 − μ2‖² + tr(C1 + C2 − 2 (C1 C2)^½) (Heusel et al. 2017)."""
    gap = real.mean - generated.mean
    # tr (C1 C2)^½ is the sum of the singular values of R1 R2ᵀ, also for singular C.
    cross = np.linalg.svd(real.root @ generated.root.T, compute_uv=False).sum()
    distance = gap @ gap + (real.root**2).sum() + (generated.root**2).sum() - 2 * cross
    # Rounding may fall below 0.
    return max(0.0, float(distance))


def manifold(real: Embeddings, generated: Embeddings, k: int) -> dict[str, float]:
    """`precision`, `recall` (Kynkäänniemi et al. 2019), `density`, `coverage` (Naeem et al. 2020).

    They count how far [N, D] and [M, D] lie within balls around each other, each ball as wide as
    the distance to its item's k-th neighbour. As in the package prdc; N × M distances in memory.
    """
    k = min(k, len(real) - 1, len(generated) - 1)
    distances = cdist(real, generated)
    within = distances < _radii(real, k)[:, np.newaxis]
    return {
        "precision": float(within.any(axis=0).mean()),
        "recall": float((distances < _radii(generated, k)).any(axis=1).mean()),
        "density": float(within.sum(axis=0).mean() / k),
        "coverage": float(within.any(axis=1).mean()),
    }


@dataclass(frozen=True)
class Bins:
    """K-means bins of standardised training features, and how many of these are in each [K]."""

    scaler: StandardScaler
    clusters: KMeans
    counts: NDArray[np.intp]

    def different(self, generated: Embeddings) -> float:
        """NDB/K (Richardson and Weiss 2018): share of bins whose frequency differs in [M, D].

        About `SIGNIFICANCE` for more of the same distribution.
        """
        features = self.scaler.transform(generated.astype(float))
        others = np.bincount(self.clusters.predict(features), minlength=len(self.counts))
        return float(_differ(self.counts, others).mean())


def bins(train: Embeddings, wanted: int, seed: int) -> Bins:
    """Fit `wanted` bins to training features [N, D].

    There are fewer (at least two) if they would have less than `FEWEST_IN_BIN` items on average.
    """
    scaler = StandardScaler().fit(train.astype(float))
    features = scaler.transform(train.astype(float))
    most = max(2, min(wanted, len(train) // FEWEST_IN_BIN))
    # K-means warns if it is asked for more clusters than there are distinct points.
    distinct = len(np.unique(features, axis=0))
    clusters = KMeans(min(most, distinct), random_state=seed).fit(features)
    return Bins(
        scaler,
        clusters,
        np.bincount(clusters.labels_, minlength=clusters.n_clusters),
    )


def _radii(items: Embeddings, k: int) -> Floats64:
    """Return the distance [N] of each item to its k-th nearest other one."""
    radii = []
    for start in range(0, len(items), BATCH):
        # cdist is exact: a tie with a distance between the two sets stays a tie.
        distances = cdist(items[start : start + BATCH], items)
        # The 0th neighbour is the item itself.
        radii.append(np.partition(distances, k, axis=1)[:, k])
    return np.concatenate(radii)


def _differ(counts: NDArray[np.intp], others: NDArray[np.intp]) -> Flags:
    """Test which of K bins differ in their shares: a two-proportion z-test, pooled."""
    n = counts.sum()
    m = others.sum()
    pooled = (counts + others) / (n + m)
    variance = pooled * (1 - pooled) * (1 / n + 1 / m)
    return np.asarray((counts / n - others / m) ** 2 > ndtri(1 - SIGNIFICANCE / 2) ** 2 * variance)
