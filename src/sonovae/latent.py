"""Points in the latent space: the posterior of pictures, the density fitted on it, and draws."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]


@dataclass(frozen=True)
class Posterior:
    """Means and log variances [N, latent_size] of the Gaussians that the encoder sees in N pictures."""

    mean: Points
    log_var: Points

    def kl(self) -> NDArray[np.float64]:
        """[N, latent_size] nats of each dimension from the standard normal."""
        mean, log_var = self.mean.astype(float), self.log_var.astype(float)
        return -0.5 * (1 + log_var - mean**2 - np.exp(log_var))

    def sample(self, rng: np.random.Generator) -> Points:
        """One draw from each, [N, latent_size]."""
        noise = rng.standard_normal(self.mean.shape, np.float32)
        return self.mean + np.exp(0.5 * self.log_var) * noise


@dataclass(frozen=True)
class Density:
    """A Gaussian over the latent space: its mean [latent_size] and covariance [latent_size, latent_size]."""

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]

    def sample(self, n: int, rng: np.random.Generator) -> Points:
        """n draws [n, latent_size]."""
        root = np.linalg.cholesky(self.covariance)
        return (self.mean + rng.standard_normal((n, len(self.mean))) @ root.T).astype(np.float32)

    def save(self, path: Path) -> None:
        """Write an npz."""
        np.savez(path, mean=self.mean, covariance=self.covariance)


def load_density(path: Path) -> Density:
    """The door back from `Density.save`."""
    with np.load(path, allow_pickle=False) as arrays:
        return Density(arrays["mean"], arrays["covariance"])


def standard_normal(size: int) -> Density:
    """The prior."""
    return Density(np.zeros(size), np.eye(size))


def fit(posterior: Posterior) -> Density:
    """The Gaussian with the mean and covariance of the aggregate posterior, as ex-post density estimation draws from
    it (Ghosh et al. 2020): the covariance of the means plus the mean of the variances."""
    mean = posterior.mean.astype(float)
    variance = np.exp(posterior.log_var.astype(float)).mean(axis=0)
    return Density(
        mean.mean(axis=0), np.cov(mean, rowvar=False, bias=True).reshape(len(variance), -1) + np.diag(variance)
    )


def encode(encoder: Any, pictures: NDArray[np.float32], batch_size: int = 64) -> Posterior:
    """Pictures [N, bins, frames] → their posterior."""
    found = [encoder.predict_on_batch(batch) for batch in _batches(pictures, batch_size)]
    mean, log_var = (np.concatenate(parts)[: len(pictures)] for parts in zip(*found, strict=True))
    return Posterior(mean, log_var)


def decode(decoder: Any, z: Points, batch_size: int = 64) -> NDArray[np.float32]:
    """The door back: z [N, latent_size] → pictures [N, bins, frames]."""
    return np.concatenate([decoder.predict_on_batch(batch) for batch in _batches(z, batch_size)])[: len(z)]


def _batches(rows: NDArray[np.float32], size: int) -> list[NDArray[np.float32]]:
    """All of one size, the last filled up with zeros: one compilation, and no row depends on how many there are."""
    padded = np.concatenate([rows, np.zeros((-len(rows) % size, *rows.shape[1:]), np.float32)])
    return np.split(padded, len(padded) // size)
