"""Points in the latent space: where the encoder sees pictures, and where new ones are drawn."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sonovae import networks
from sonovae.errors import UserError
from sonovae.networks import Rows
from sonovae.params.sections import Generate

Points = NDArray[np.float32]
Floats = NDArray[np.float64]
LOG_2PI = float(np.log(2 * np.pi))


class Prior(Protocol):
    """What a model holds z against."""

    def gaussians(self) -> tuple[Floats, Floats]:
        """Means and standard deviations [K, latent_size] of equally likely Gaussians."""


@dataclass(frozen=True)
class Posterior:
    """Means and log variances [N, latent_size] of the Gaussians that the encoder sees in N pictures; a plain
    autoencoder sees points, whose log variance is −∞."""

    mean: Points
    log_var: Points

    def sample(self, rng: np.random.Generator) -> Points:
        """One draw from each, [N, latent_size]."""
        noise = rng.standard_normal(self.mean.shape, np.float32)
        return self.mean + np.exp(0.5 * self.log_var) * noise

    def log_density(self, z: Points) -> Floats:
        """[N] nats: log q(z | x), each z by its own Gaussian."""
        log_var = self.log_var.astype(float)
        square = (z.astype(float) - self.mean) ** 2
        return np.asarray(-0.5 * (square / np.exp(log_var) + log_var + LOG_2PI).sum(axis=1))


@dataclass(frozen=True)
class Density:
    """Equally likely Gaussians over the latent space: means [K, latent_size] and covariances [K, latent_size,
    latent_size]."""

    means: Floats
    covariances: Floats

    @property
    def is_standard(self) -> bool:
        """Whether it is one Gaussian around 0 with variance 1 in each dimension."""
        return np.array_equal(self.means, np.zeros_like(self.means[:1])) and np.array_equal(
            self.covariances[0], np.eye(self.means.shape[1])
        )

    def sample(self, n: int, rng: np.random.Generator) -> Points:
        """n draws [n, latent_size]; the first ones are the same whatever n is."""
        choose, noise = rng.spawn(2)
        which = choose.integers(len(self.means), size=n)
        roots = np.stack([_root(covariance) for covariance in self.covariances])
        draws = noise.standard_normal((n, self.means.shape[1]))
        return np.stack([self.means[k] + roots[k] @ draw for k, draw in zip(which, draws, strict=True)]).astype(
            np.float32
        )

    def log_density(self, z: Points) -> Floats:
        """[N] nats: log p(z), for covariances that can be inverted."""
        each = [_log_normal(z, mean, cov) for mean, cov in zip(self.means, self.covariances, strict=True)]
        return np.asarray(np.logaddexp.reduce(each, axis=0) - np.log(len(each)))

    def save(self, path: Path) -> None:
        """Write an npz."""
        np.savez(path, means=self.means, covariances=self.covariances)


def load_density(path: Path) -> Density:
    """The door back from `Density.save`."""
    with np.load(path, allow_pickle=False) as arrays:
        return Density(arrays["means"], arrays["covariances"])


def diagonal(means: Floats, scales: Floats) -> Density:
    """Equally likely Gaussians with these means and standard deviations [K, latent_size]."""
    return Density(means, np.stack([np.diag(scale**2) for scale in scales]))


def of_prior(prior: Prior | None) -> Density | None:
    """The density of a model's prior; a plain autoencoder has none."""
    return diagonal(*prior.gaussians()) if prior else None


def standard_normal(size: int) -> Density:
    """One Gaussian around 0 with variance 1 in each dimension."""
    return diagonal(np.zeros((1, size)), np.ones((1, size)))


def fit(posterior: Posterior) -> Density:
    """The Gaussian with the mean and covariance of the aggregate posterior, as ex-post density estimation draws from
    it (Ghosh et al. 2020): the covariance of the means plus the mean of the variances."""
    mean = posterior.mean.astype(float)
    variance = np.exp(posterior.log_var.astype(float)).mean(axis=0)
    covariance = np.cov(mean, rowvar=False, bias=True).reshape(len(variance), -1) + np.diag(variance)
    return Density(mean.mean(axis=0, keepdims=True), covariance[np.newaxis])


def class_means(posterior: Posterior, labels: Iterable[str]) -> dict[str, Points]:
    """The mean [latent_size] of each label's posterior means, in the order of the labels."""
    each = np.asarray(list(labels))
    return {str(label): posterior.mean[each == label].mean(axis=0) for label in np.unique(each) if label}


def around(mean: Points, scale: float, n: int, rng: np.random.Generator) -> Points:
    """n draws [n, latent_size] that differ from `mean` by up to `scale` in each dimension, evenly."""
    return (mean + rng.uniform(-scale, scale, (n, len(mean)))).astype(np.float32)


@dataclass(frozen=True)
class Space:
    """What is known of a latent space: the prior (None: a plain autoencoder), the density fitted on the training
    posteriors, and the mean of each label's, [latent_size]."""

    prior: Density | None
    density: Density
    classes: dict[str, Points]


def draw(space: Space, p: Generate, n: int, rng: np.random.Generator) -> Points:
    """n new z [n, latent_size], from where generate's section says; UserError where there is no such place."""
    if p.label is not None:
        if p.label not in space.classes:
            raise UserError(f"generate.label = {p.label!r}: the model knows {', '.join(space.classes) or 'no labels'}")
        return around(space.classes[p.label], p.label_scale, n, rng)
    source = space.density if p.source == "density" else space.prior
    if source is None:
        raise UserError("generate.from = prior: a plain autoencoder has none, take density")
    return source.sample(n, rng)


def traverse(density: Density, dimension: int, steps: Floats) -> Points:
    """z [len(steps), latent_size]: from the mean of a density of one Gaussian, along one dimension by so many of its
    standard deviations."""
    z = np.tile(density.means[0], (len(steps), 1))
    z[:, dimension] += steps * np.sqrt(density.covariances[0, dimension, dimension])
    return z.astype(np.float32)


def kl_divergence(posterior: Posterior, prior: Density, rng: np.random.Generator, draws: int = 16) -> Floats:
    """[N] nats: KL(q(z | x) ‖ p(z)) of each clip, exact where the prior is a standard normal, otherwise the mean of
    log q − log p over `draws` of z."""
    if prior.is_standard:
        return kl_to_standard_normal(posterior).sum(axis=1)
    drawn = [posterior.sample(rng) for _ in range(draws)]
    return np.mean([posterior.log_density(z) - prior.log_density(z) for z in drawn], axis=0)


def kl_to_standard_normal(posterior: Posterior) -> Floats:
    """[N, latent_size] nats: KL(q(z | x) ‖ N(0, 1)) of each clip and dimension."""
    mean, log_var = posterior.mean.astype(float), posterior.log_var.astype(float)
    return -0.5 * (1 + log_var - mean**2 - np.exp(log_var))


def kl_by_dim(posterior: Posterior) -> Floats:
    """[latent_size] nats: its mean over clips."""
    return np.asarray(kl_to_standard_normal(posterior).mean(axis=0))


def encode(encoder: Any, pictures: Rows) -> Posterior:
    """Pictures [N, bins, frames], in memory or on disk, → their posterior."""
    found = networks.predict(encoder, pictures)
    if len(found) == 1:  # z itself, of a plain autoencoder
        return Posterior(found[0], np.full_like(found[0], -np.inf))
    return Posterior(*found)


def decode(decoder: Any, z: Points) -> NDArray[np.float32]:
    """The door back: z [N, latent_size] → pictures [N, bins, frames]."""
    (pictures,) = networks.predict(decoder, z)
    return pictures


def reconstruct(encoder: Any, decoder: Any, pictures: Rows) -> NDArray[np.float32]:
    """Pictures [N, bins, frames] → as they are decoded from their posteriors' means."""
    return decode(decoder, encode(encoder, pictures).mean)


def _root(covariance: Floats) -> Floats:
    """R with R Rᵀ = covariance, which may be singular: a dimension that the encoder does not use varies by nothing."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0)))


def _log_normal(z: Points, mean: Floats, covariance: Floats) -> Floats:
    root = np.linalg.cholesky(covariance)
    white = np.linalg.solve(root, (z.astype(float) - mean).T)
    log_det = 2 * np.log(np.diag(root)).sum()
    return np.asarray(-0.5 * ((white**2).sum(axis=0) + log_det + len(mean) * LOG_2PI))
