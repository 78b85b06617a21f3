"""Priors of z: the standard normal, or a mixture of Gaussians that is trained."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from sonovae.arrays import Floats64

Gaussians = tuple[Floats64, Floats64]
"""Means and standard deviations [K, latent_size] of equally likely Gaussians."""

Loss = Callable[[Any, dict[str, Any]], Any]
"""Function of pictures and the autoencoder's outputs: [N] values, or one for the batch."""

LOG_2PI = float(np.log(2 * np.pi))


class Normal:
    """The standard normal prior."""

    def __init__(self, latent_size: int) -> None:
        self.latent_size = latent_size

    def kl(self, _: Any, out: dict[str, Any]) -> Any:
        """KL divergence in nats a clip [N]: −½ Σ (1 + log σ² − μ² − σ²); Kingma and Welling 2014,
        appendix B."""
        return ops.sum(_kl_by_dim(out), axis=1)

    def kl_above(self, free_bits: float) -> Loss:
        """Return the loss Σ max(free_bits, mean KL of a dimension over the batch), one number in
        nats a clip (free bits, Kingma et al. 2016)."""

        def loss(_: Any, out: dict[str, Any]) -> Any:
            by_dim = ops.mean(_kl_by_dim(out), axis=0)
            return ops.sum(ops.maximum(free_bits, by_dim))

        return loss

    def gaussians(self) -> Gaussians:
        """Return mean 0 and standard deviation 1, [1, latent_size] each."""
        shape = (1, self.latent_size)
        return np.zeros(shape), np.ones(shape)


class Mixture(keras.layers.Layer):
    """Equally likely Gaussians with diagonal covariances; their means and scales are trained."""

    def __init__(self, latent_size: int, components: int) -> None:
        super().__init__()
        shape = (components, latent_size)
        apart = keras.initializers.RandomNormal(stddev=1.0)
        self.means = self.add_weight(shape, apart, name="means")
        # softplus(log(e − 1)) = 1: each begins as wide as a standard normal.
        one = keras.initializers.Constant(np.log(np.e - 1))
        self.raw_scales = self.add_weight(shape, one, name="raw_scales")
        # Keras sets this on the first call, and a prior is never called.
        self.built = True

    def kl(self, _: Any, out: dict[str, Any]) -> Any:
        """KL divergence in nats a clip [N], estimated at one z: log q(z | x) − log p(z)."""
        posterior = _log_normal(out["z"], out["mean"], ops.exp(0.5 * out["log_var"]))
        scales = ops.softplus(self.raw_scales)
        by_component = _log_normal(ops.expand_dims(out["z"], 1), self.means, scales)
        log_count = float(np.log(self.means.shape[0]))
        return posterior - ops.logsumexp(by_component, axis=1) + log_count

    def gaussians(self) -> Gaussians:
        """Return the current means and standard deviations, [K, latent_size] each."""
        means = ops.convert_to_numpy(self.means)
        scales = ops.convert_to_numpy(ops.softplus(self.raw_scales))
        return means.astype(float), scales.astype(float)


Prior = Normal | Mixture | None
"""Prior of a model in training; None in a plain autoencoder."""


def build(kind: str, latent_size: int, components: int | None) -> Prior:
    """Build the prior that `train.prior` names."""
    if kind == "mixture":
        return Mixture(latent_size, components or 1)
    return Normal(latent_size) if kind == "normal" else None


def _kl_by_dim(out: dict[str, Any]) -> Any:
    mean = out["mean"]
    log_var = out["log_var"]
    return -0.5 * (1 + log_var - ops.square(mean) - ops.exp(log_var))


def _log_normal(z: Any, mean: Any, scale: Any) -> Any:
    """Log density of z under independent Gaussians, summed over the last axis."""
    square = ops.square((z - mean) / scale)
    return ops.sum(-0.5 * square - ops.log(scale) - 0.5 * LOG_2PI, axis=-1)
