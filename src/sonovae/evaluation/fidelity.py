"""Scores of a set of generated items against real ones, from a classifier's outputs or embeddings of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from scipy.special import entr, ndtri, rel_entr
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler

Rows = NDArray[np.floating[Any]]
Floats = NDArray[np.float64]

FLOOR = 1e-7
"""The least probability that a logarithm is taken of: about the resolution of a float32 softmax. A single 0 would make
a score infinite."""
SIGNIFICANCE = 0.05
"""Of the two-sided test of each bin, as Richardson and Weiss 2018 have it."""
FEWEST_IN_BIN = 10
"""Training items a bin at the least, on average, for the normal approximation of its share."""
BATCH = 256
"""Rows whose distances to all others are in memory at once."""


def inception_score(probabilities: Rows) -> float:
    """exp of the mean KL(p(y|x) ‖ p(y)) over all x of p(y|x) [N, K] (Salimans et al. 2016): from 1, nothing told apart,
    to K, each x of one class and all classes equally often. Computed as the entropy of p(y) less the mean entropy."""
    p = probabilities.astype(float)
    return float(np.exp(entr(p.mean(axis=0)).sum() - entr(p).sum(axis=1).mean()))


def modified_inception_score(probabilities: Rows) -> float:
    """exp of the mean KL(p(y|x_i) ‖ p(y|x_j)) over all N² pairs of p(y|x) [N, K] (Gurumurthy et al. 2017), from 1 up:
    it rewards variety within a class too. Logarithms are of `FLOOR` at the least."""
    p = probabilities.astype(float)
    logs = np.log(np.maximum(p, FLOOR))
    return float(np.exp((p * logs).sum(axis=1).mean() - p.mean(axis=0) @ logs.mean(axis=0)))


def am_score(probabilities: Rows, reference: Rows) -> float:
    """KL(reference ‖ mean p(y|x)) + mean entropy of p(y|x) [N, K], in nats, lower is better (Zhou et al. 2018);
    `reference` [K] are the shares of the labels among the training clips. Logarithms are of `FLOOR` at the least."""
    p = probabilities.astype(float)
    gap = rel_entr(reference.astype(float), np.maximum(p.mean(axis=0), FLOOR)).sum()
    return float(gap + entr(p).sum(axis=1).mean())


@dataclass(frozen=True)
class Gaussian:
    """The mean [D] of [N, D], and R [min(N, D), D] with Rᵀ R = their covariance."""

    mean: Floats
    root: Floats


def gaussian(items: Rows) -> Gaussian:
    """That of [N, D]; of a single item the covariance is zero."""
    mean = items.mean(axis=0, dtype=float)
    centred = (items.astype(float) - mean) / np.sqrt(max(1, len(items) - 1))
    root = centred if len(items) <= items.shape[1] else np.asarray(np.linalg.qr(centred, mode="r"))
    return Gaussian(mean, root)


def frechet_distance(real: Gaussian, generated: Gaussian) -> float:
    """‖μ1 − μ2‖² + tr(C1 + C2 − 2 (C1 C2)^½) (Heusel et al. 2017). The trace of (C1 C2)^½ is the sum of the singular
    values of R1 R2ᵀ, also for singular C."""
    gap = real.mean - generated.mean
    both = np.linalg.svd(real.root @ generated.root.T, compute_uv=False).sum()
    found = gap @ gap + (real.root**2).sum() + (generated.root**2).sum() - 2 * both
    return max(0.0, float(found))  # rounding may fall below


def manifold(real: Rows, generated: Rows, k: int) -> dict[str, float]:
    """`precision`, `recall` (Kynkäänniemi et al. 2019), `density`, `coverage` (Naeem et al. 2020) of [N, D] and [M, D]:
    how far either lies within the balls around the other, each as wide as to its item's k-th neighbour among its own.
    k is at most one less than either set; N × M distances are in memory. As the package prdc has them."""
    k = min(k, len(real) - 1, len(generated) - 1)
    distances, radii = cdist(real, generated), _radii(real, k)
    within = distances < radii[:, np.newaxis]
    return {
        "precision": float(within.any(axis=0).mean()),
        "recall": float((distances < _radii(generated, k)).any(axis=1).mean()),
        "density": float(within.sum(axis=0).mean() / k),
        "coverage": float(within.any(axis=1).mean()),
    }


@dataclass(frozen=True)
class Bins:
    """Bins that k-means finds in training features divided by their standard deviations, and how many of these lie in
    each [K]."""

    scaler: StandardScaler
    clusters: KMeans
    counts: NDArray[np.intp]

    def different(self, generated: Rows) -> float:
        """NDB/K (Richardson and Weiss 2018): the share of bins that hold significantly more or fewer of the generated
        ones [M, D]; about `SIGNIFICANCE` for more of the same."""
        others = np.bincount(
            self.clusters.predict(self.scaler.transform(generated.astype(float))),
            minlength=len(self.counts),
        )
        return float(_differ(self.counts, others).mean())


def bins(train: Rows, wanted: int, seed: int) -> Bins:
    """Those of training features [N, D]; fewer where they would hold less than `FEWEST_IN_BIN` of them, down to two."""
    scaler = StandardScaler().fit(train.astype(float))
    white = scaler.transform(train.astype(float))
    most = max(2, min(wanted, len(train) // FEWEST_IN_BIN))
    clusters = KMeans(min(most, len(np.unique(white, axis=0))), random_state=seed).fit(white)
    return Bins(scaler, clusters, np.bincount(clusters.labels_, minlength=clusters.n_clusters))


def _radii(items: Rows, k: int) -> Floats:
    """[N]: the distance of each to the k-th nearest other one. Exact, so that a tie with another set's is one."""
    batches = (cdist(items[start : start + BATCH], items) for start in range(0, len(items), BATCH))
    return np.concatenate(
        [np.partition(distances, k, axis=1)[:, k] for distances in batches]
    )  # the 0th is itself


def _differ(counts: NDArray[np.intp], others: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which of K bins differ in their shares of two samples, by a two-proportion z-test with the pooled share."""
    n, m = counts.sum(), others.sum()
    pooled = (counts + others) / (n + m)
    variance = pooled * (1 - pooled) * (1 / n + 1 / m)
    return np.asarray((counts / n - others / m) ** 2 > ndtri(1 - SIGNIFICANCE / 2) ** 2 * variance)
