"""Points in the latent space: where the encoder sees pictures, and where new ones are drawn."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sonovae.model import density, networks
from sonovae.model.density import Density, Floats, Points
from sonovae.model.networks import Rows

DRAWS = 8
"""Of z from each posterior that the density's size is chosen by."""
KL_DRAWS = 16
"""Of z from each posterior, for its divergence from a mixture."""


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
        return np.asarray(
            -0.5 * (square / np.exp(log_var) + log_var + float(np.log(2 * np.pi))).sum(axis=1)
        )


def of_prior(prior: Prior | None) -> Density | None:
    """The density of a model's prior; a plain autoencoder has none."""
    return density.diagonal(*prior.gaussians()) if prior else None


def fit(posterior: Posterior, labels: Iterable[str], held_out: Posterior, seed: int) -> Density:
    """The density of the aggregate posterior of training clips with these labels; its size is chosen by the posteriors
    of other clips."""
    rng = np.random.default_rng(seed)
    drawn = np.concatenate([held_out.sample(rng) for _ in range(DRAWS)])
    variance = np.exp(posterior.log_var.astype(float)).mean(axis=0)
    return density.fit(posterior.mean, variance, list(labels), drawn, seed)


@dataclass(frozen=True)
class Space:
    """What is known of a latent space: the prior (None: a plain autoencoder), and the density fitted on the training
    posteriors."""

    prior: Density | None
    density: Density


def traverse(density: Density, dimension: int, steps: Floats) -> Points:
    """z [len(steps), latent_size]: from the mean of a density along one dimension, by so many of its standard
    deviations."""
    z = np.tile(density.mean, (len(steps), 1))
    z[:, dimension] += steps * np.sqrt(density.variance[dimension])
    return z.astype(np.float32)


def kl_divergence(posterior: Posterior, prior: Density, rng: np.random.Generator) -> Floats:
    """[N] nats: KL(q(z | x) ‖ p(z)) of each clip, exact where the prior is a standard normal, otherwise the mean of
    log q − log p over `KL_DRAWS` of z."""
    if prior.is_standard:
        return kl_to_standard_normal(posterior).sum(axis=1)
    drawn = [posterior.sample(rng) for _ in range(KL_DRAWS)]
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
