"""Densities over the latent space: mixtures of Gaussians, fitted on training clips, drawn from and kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from scipy.special import logsumexp
from sklearn.cluster import KMeans

Points = NDArray[np.float32]
Floats = NDArray[np.float64]

LEAST = 1e-12
"""Of the largest variance along any axis: what a dimension that does not vary is taken to vary by."""


@dataclass(frozen=True)
class Density:
    """Gaussians over the latent space: weights [K], which sum to 1, means [K, D], covariances [K, D, D], or [1, D, D]
    that all share, and the label [K] of each, empty where there are none."""

    weights: Floats
    means: Floats
    covariances: Floats
    labels: NDArray[np.str_]

    @property
    def is_standard(self) -> bool:
        """Whether it is one Gaussian around 0 with variance 1 in each dimension."""
        return np.array_equal(self.means, np.zeros_like(self.means[:1])) and np.array_equal(
            self.covariances[0], np.eye(self.means.shape[1])
        )

    @property
    def names(self) -> list[str]:
        """The labels that there are, in their order."""
        return [str(name) for name in np.unique(self.labels) if name]

    @property
    def mean(self) -> Floats:
        """[D]."""
        return np.asarray(self.weights @ self.means)

    @property
    def variance(self) -> Floats:
        """[D] of each dimension."""
        within = np.diagonal(self.covariances, axis1=1, axis2=2)
        return np.asarray(self.weights @ (within + (self.means - self.mean) ** 2))

    def of(self, label: str) -> "Density":
        """That of one label's Gaussians."""
        at = self.labels == label
        shared = len(self.covariances) == 1
        covariances = self.covariances if shared else self.covariances[at]
        return Density(
            self.weights[at] / self.weights[at].sum(), self.means[at], covariances, self.labels[at]
        )

    def sample(self, n: int, rng: np.random.Generator, temperature: float = 1.0) -> Points:
        """n draws [n, D], each `temperature` times as far from its Gaussian's mean; the first ones are the same
        whatever n is."""
        choose, noise = rng.spawn(2)
        which = choose.choice(len(self.means), size=n, p=self.weights)
        roots = np.broadcast_to(self._roots(), (len(self.means), *self.covariances.shape[1:]))
        draws = temperature * noise.standard_normal((n, self.means.shape[1]))
        return np.stack(
            [self.means[k] + roots[k] @ draw for k, draw in zip(which, draws, strict=True)]
        ).astype(np.float32)

    def log_density(self, z: NDArray[np.floating[Any]]) -> Floats:
        """[N] nats: log p(z) of [N, D]."""
        groups = (
            np.zeros(len(self.means), int)
            if len(self.covariances) == 1
            else np.arange(len(self.means))
        )
        each = np.empty((len(z), len(self.means)))
        for i, root in enumerate(self._roots()):
            white, means = (
                np.linalg.solve(root, rows.astype(float).T).T
                for rows in (z, self.means[groups == i])
            )
            log_det = 2 * np.linalg.slogdet(root).logabsdet + len(root) * np.log(2 * np.pi)
            each[:, groups == i] = -0.5 * (cdist(white, means, "sqeuclidean") + log_det)
        return np.asarray(logsumexp(each, axis=1, b=self.weights))

    def _roots(self) -> Floats:
        """R [C, D, D] with R Rᵀ = covariance, which may be singular."""
        values, vectors = np.linalg.eigh(self.covariances)
        least = LEAST * np.maximum(values.max(axis=1, keepdims=True), LEAST)
        return np.asarray(vectors * np.sqrt(np.maximum(values, least))[:, np.newaxis])

    def save(self, path: Path) -> None:
        """Write an npz."""
        np.savez(
            path,
            weights=self.weights,
            means=self.means,
            covariances=self.covariances,
            labels=self.labels,
        )


def load(path: Path) -> Density:
    """The door back from `Density.save`."""
    with np.load(path, allow_pickle=False) as arrays:
        return Density(arrays["weights"], arrays["means"], arrays["covariances"], arrays["labels"])


def diagonal(means: Floats, scales: Floats) -> Density:
    """Equally likely Gaussians with these means and standard deviations [K, D]."""
    covariances = np.stack([np.diag(scale**2) for scale in scales])
    return Density(np.full(len(means), 1 / len(means)), means, covariances, np.full(len(means), ""))


def fit(
    means: Points, variance: Floats, labels: Sequence[str], held_out: Points, seed: int
) -> Density:
    """A mixture on posteriors of means [N, D] and mean variance [D], as ex-post density estimation draws from it (Ghosh
    et al. 2020): 1, 2, 4 … Gaussians for each label, as many as make z that are held out [M, D] likeliest."""
    best, likeliest, size = None, -np.inf, 1
    while best is None or size <= len(means):
        found = _clusters(means.astype(float), variance, np.asarray(labels, str), size, seed)
        likelihood = float(found.log_density(held_out).mean())
        if best and likelihood <= likeliest:
            break
        best, likeliest, size = found, likelihood, 2 * size
    return best


def _clusters(
    means: Floats, variance: Floats, labels: NDArray[np.str_], size: int, seed: int
) -> Density:
    """Each label's posterior means in at most `size` clusters by k-means. All share one covariance, so that a cluster
    of few clips can be narrow in most dimensions and wide in some: that of the means within their clusters, and the
    variance around each mean."""
    cluster = np.empty(len(means), int)
    names: list[str] = []
    for label in np.unique(labels):
        some = means[labels == label]
        distinct = len(np.unique(some, axis=0))
        found = KMeans(min(size, distinct), n_init=3, random_state=seed).fit(some).labels_
        cluster[labels == label] = np.unique(found, return_inverse=True)[1] + len(names)
        names += [str(label)] * len(np.unique(found))
    # Not k-means' own centres, whose last digits vary with the order in which its threads add up.
    centres = np.stack([means[cluster == k].mean(axis=0) for k in range(len(names))])
    within = means - centres[cluster]
    covariance = within.T @ within / len(means) + np.diag(variance)
    return Density(
        np.bincount(cluster) / len(means), centres, covariance[np.newaxis], np.array(names)
    )
