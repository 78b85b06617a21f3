"""Mixtures of Gaussians over the latent space: fitted on training clips, drawn from, kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from scipy.special import logsumexp
from sklearn.cluster import KMeans

from sonovae.arrays import Floats64, Latents

LEAST = 1e-12
"""Smallest variance, as a share of the largest one: a dimension may not vary at all."""


@dataclass(frozen=True)
class Density:
    """Gaussians over the latent space: weights [K], which sum to 1, means [K, D], covariances
    [K, D, D] or one for all [1, D, D], and labels [K], "" without one."""

    weights: Floats64
    means: Floats64
    covariances: Floats64
    labels: NDArray[np.str_]

    @property
    def is_standard(self) -> bool:
        """Whether it is one Gaussian around 0 with variance 1 in each dimension."""
        centred = np.array_equal(self.means, np.zeros_like(self.means[:1]))
        return centred and np.array_equal(self.covariances[0], np.eye(self.means.shape[1]))

    @property
    def names(self) -> list[str]:
        """Labels that are not empty, sorted."""
        return [str(name) for name in np.unique(self.labels) if name]

    @property
    def mean(self) -> Floats64:
        """Mean of the mixture, [D]."""
        return np.asarray(self.weights @ self.means)

    @property
    def variance(self) -> Floats64:
        """Variance of the mixture in each dimension, [D]."""
        within = np.diagonal(self.covariances, axis1=1, axis2=2)
        return np.asarray(self.weights @ (within + (self.means - self.mean) ** 2))

    def of(self, label: str) -> "Density":
        """Return the mixture of one label's Gaussians."""
        chosen = self.labels == label
        weights = self.weights[chosen] / self.weights[chosen].sum()
        covariances = self.covariances
        if not self._is_shared:
            covariances = covariances[chosen]
        return Density(weights, self.means[chosen], covariances, self.labels[chosen])

    def sample(self, n: int, rng: Generator, temperature: float = 1.0) -> Latents:
        """Draw n points [n, D], each `temperature` times as far from its Gaussian's mean."""
        # A generator each for components and noise: the first points are the same whatever n is.
        choose, noise = rng.spawn(2)
        components = choose.choice(len(self.means), size=n, p=self.weights)
        count, dimensions = self.means.shape
        roots = np.broadcast_to(self._roots(), (count, dimensions, dimensions))
        draws = temperature * noise.standard_normal((n, dimensions))
        pairs = zip(components, draws, strict=True)
        points = [self.means[k] + roots[k] @ draw for k, draw in pairs]
        return np.stack(points).astype(np.float32)

    def log_density(self, z: Latents | Floats64) -> Floats64:
        """Log density log p(z) in nats [N] of points [N, D]."""
        by_component = np.empty((len(z), len(self.means)))
        for i, root in enumerate(self._roots()):
            # Gaussians with one covariance share its root, so z is whitened once for all of them.
            components = slice(None) if self._is_shared else slice(i, i + 1)
            means = _whiten(root, self.means[components])
            square = cdist(_whiten(root, z), means, "sqeuclidean")
            log_det = 2 * np.linalg.slogdet(root).logabsdet
            log_det += len(root) * np.log(2 * np.pi)
            by_component[:, components] = -0.5 * (square + log_det)
        return np.asarray(logsumexp(by_component, axis=1, b=self.weights))

    @property
    def _is_shared(self) -> bool:
        return len(self.covariances) == 1

    def _roots(self) -> Floats64:
        """Square roots R of the covariances, R Rᵀ = covariance, also of singular ones."""
        values, vectors = np.linalg.eigh(self.covariances)
        least = LEAST * np.maximum(values.max(axis=1, keepdims=True), LEAST)
        scales = np.sqrt(np.maximum(values, least))
        return np.asarray(vectors * scales[:, np.newaxis])

    def save(self, path: Path) -> None:
        """Write an npz."""
        np.savez(path, **vars(self))


def load(path: Path) -> Density:
    """Read what `Density.save` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        return Density(**arrays)


def diagonal(means: Floats64, scales: Floats64) -> Density:
    """Return equally likely Gaussians with these means and standard deviations [K, D]."""
    covariances = np.stack([np.diag(scale**2) for scale in scales])
    count = len(means)
    return Density(np.full(count, 1 / count), means, covariances, np.full(count, ""))


def fit(
    means: Latents,
    variance: Floats64,
    labels: Sequence[str],
    held_out: Latents,
    seed: int,
) -> Density:
    """Fit a mixture to posteriors with means [N, D], mean variance [D] and labels [N], as ex-post
    density estimation does (Ghosh et al. 2020). Gaussians for each label are doubled while that
    makes the points `held_out` [M, D] likelier."""
    points = means.astype(float)
    names = np.asarray(labels, str)
    best = _clusters(points, variance, names, 1, seed)
    highest = float(best.log_density(held_out).mean())
    size = 2
    while size <= len(means):
        larger = _clusters(points, variance, names, size, seed)
        likelihood = float(larger.log_density(held_out).mean())
        if likelihood <= highest:
            break
        best = larger
        highest = likelihood
        size *= 2
    return best


def _clusters(
    means: Floats64,
    variance: Floats64,
    labels: NDArray[np.str_],
    size: int,
    seed: int,
) -> Density:
    """Make at most `size` Gaussians of each label, by k-means. They share the covariance of means
    around their centres plus the variance around each mean, as few clips give none of their own."""
    cluster = np.empty(len(means), int)
    names: list[str] = []
    for label in np.unique(labels):
        rows = labels == label
        members = means[rows]
        # k-means warns of more clusters than distinct points.
        count = min(size, len(np.unique(members, axis=0)))
        assigned = KMeans(count, n_init=3, random_state=seed).fit(members).labels_
        used, numbers = np.unique(assigned, return_inverse=True)
        cluster[rows] = numbers + len(names)
        names += [str(label)] * len(used)
    # The last digits of k-means' own centres vary with the order in which its threads add up.
    centres = np.stack([means[cluster == k].mean(axis=0) for k in range(len(names))])
    within = means - centres[cluster]
    covariance = within.T @ within / len(means) + np.diag(variance)
    weights = np.bincount(cluster) / len(means)
    return Density(weights, centres, covariance[np.newaxis], np.array(names))


def _whiten(root: Floats64, points: Latents | Floats64) -> Floats64:
    """Return R⁻¹ x for each point x, [N, D]."""
    return np.linalg.solve(root, points.astype(float).T).T
