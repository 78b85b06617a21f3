"""Points in the latent space: posteriors of pictures, their divergences, and decoded points."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator

from sonovae.arrays import Floats64, Latents, Pictures
from sonovae.distributions import density
from sonovae.distributions.density import Density
from sonovae.model import networks
from sonovae.model.priors import Prior

DRAWS = 8
"""Points from each held-out posterior, by whose likelihood the density's size is chosen."""
MOST_NUMBERS = 2**16
"""Numbers in z that are decoded at once."""
KL_DRAWS = 16
"""Points from each posterior that estimate its divergence from a mixture."""


@dataclass(frozen=True)
class Posterior:
    """Means and log variances [N, latent_size] of the Gaussians q(z | x) of N pictures; −∞ is the
    log variance of the points that a plain autoencoder encodes."""

    mean: Latents
    log_var: Latents

    def sample(self, rng: Generator) -> Latents:
        """Draw one point from each Gaussian, [N, latent_size]."""
        noise = rng.standard_normal(self.mean.shape, np.float32)
        return self.mean + np.exp(0.5 * self.log_var) * noise

    def log_density(self, z: Latents) -> Floats64:
        """Log density log q(z | x) in nats [N], each z [N, latent_size] by its own Gaussian."""
        log_var = self.log_var.astype(float)
        square = (z.astype(float) - self.mean) ** 2
        by_dim = square / np.exp(log_var) + log_var + float(np.log(2 * np.pi))
        return np.asarray(-0.5 * by_dim.sum(axis=1))


def of_prior(prior: Prior) -> Density | None:
    """Return the density of a trained prior, or None without one."""
    return density.diagonal(*prior.gaussians()) if prior else None


def fit(posterior: Posterior, labels: Iterable[str], held_out: Posterior, seed: int) -> Density:
    """Fit the density of the aggregate posterior of N training clips with labels [N]; its size is
    chosen by the posteriors of other clips, `held_out`."""
    rng = np.random.default_rng(seed)
    z = np.concatenate([held_out.sample(rng) for _ in range(DRAWS)])
    variance = np.exp(posterior.log_var.astype(float)).mean(axis=0)
    return density.fit(posterior.mean, variance, list(labels), z, seed)


def traverse(density: Density, dimension: int, steps: Floats64, latent_size: int) -> Latents:
    """Move from a density's mean along one dimension, of a sequence in all its latent frames, by
    steps [n] in standard deviations: z [n, D]."""
    z = np.tile(density.mean, (len(steps), 1))
    deviation = np.sqrt(density.variance[dimension::latent_size])
    z[:, dimension::latent_size] += steps[:, np.newaxis] * deviation
    return z.astype(np.float32)


def kl_divergence(posterior: Posterior, prior: Density, rng: Generator) -> Floats64:
    """KL(q(z | x) ‖ p(z)) of each clip in nats [N]: exact for a standard normal, otherwise the mean
    of log q − log p over `KL_DRAWS` points."""
    if prior.is_standard:
        return kl_to_standard_normal(posterior).sum(axis=1)
    points = [posterior.sample(rng) for _ in range(KL_DRAWS)]
    gaps = [posterior.log_density(z) - prior.log_density(z) for z in points]
    return np.mean(gaps, axis=0)


def kl_to_standard_normal(posterior: Posterior) -> Floats64:
    """KL(q(z | x) ‖ N(0, 1)) of each clip and dimension in nats [N, latent_size]."""
    # Kingma and Welling 2014, appendix B.
    mean = posterior.mean.astype(float)
    log_var = posterior.log_var.astype(float)
    return -0.5 * (1 + log_var - mean**2 - np.exp(log_var))


def kl_by_dim(posterior: Posterior, latent_size: int) -> Floats64:
    """KL(q(z | x) ‖ N(0, 1)) of each dimension in nats [latent_size]: the mean over clips and, of
    sequences, over latent frames."""
    by_frame = kl_to_standard_normal(posterior).reshape(-1, latent_size)
    return np.asarray(by_frame.mean(axis=0))


def encode(encoder: Any, pictures: Any, size: int = networks.BATCH) -> Posterior:
    """Encode pictures [N, bins, frames], in memory or on disk, so many at once."""
    outputs = networks.predict(encoder, pictures, size)
    if len(outputs) == 1:
        # The encoder of a plain autoencoder returns z itself.
        return Posterior(outputs[0], np.full_like(outputs[0], -np.inf))
    return Posterior(*outputs)


def decode(decoder: Any, z: Latents) -> Pictures:
    """Decode points [N, latent_size] to pictures [N, bins, frames]."""
    # Long sequences one by one, as the decoder needs memory for all their frames.
    size = int(np.clip(MOST_NUMBERS // z.shape[1], 1, networks.BATCH))
    (pictures,) = networks.predict(decoder, z, size)
    return pictures


def reconstruct(encoder: Any, decoder: Any, pictures: Any) -> Pictures:
    """Encode pictures [N, bins, frames] and decode the means of their posteriors."""
    return decode(decoder, encode(encoder, pictures).mean)
