"""What z is held against: the standard normal, a mixture of Gaussians that learns with the networks, or nothing."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

Gaussians = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Means and scales [K, latent_size] of equally likely Gaussians."""

Loss = Callable[[Any, dict[str, Any]], Any]
"""Of the pictures and what the autoencoder made of them: [N] values, or one for the batch."""

LOG_2PI = float(np.log(2 * np.pi))


class Normal:
    """The standard normal."""

    def __init__(self, latent_size: int) -> None:
        self.latent_size = latent_size

    def kl(self, _: Any, out: dict[str, Any]) -> Any:
        """[N] nats a clip: KL(N(μ, σ²) ‖ N(0, 1)) = −½ Σ (1 + log σ² − μ² − σ²); Kingma, Welling 2014, appendix B."""
        return ops.sum(_kl_by_dim(out), axis=1)

    def kl_above(self, free_bits: float) -> Loss:
        """The batch's nats a clip of which each dimension has `free_bits` for nothing: Σ max(free_bits, KL of the
        dimension) over the batch's means (Kingma et al. 2016, free bits)."""
        return lambda _, out: ops.sum(ops.maximum(free_bits, ops.mean(_kl_by_dim(out), axis=0)))

    def gaussians(self) -> Gaussians:
        """The one that it is."""
        return np.zeros((1, self.latent_size)), np.ones((1, self.latent_size))


class Mixture(keras.layers.Layer):
    """Equally likely Gaussians with diagonal covariances, whose means and scales learn."""

    def __init__(self, latent_size: int, components: int) -> None:
        super().__init__()
        shape = (components, latent_size)
        self.means = self.add_weight(
            shape, keras.initializers.RandomNormal(stddev=1.0), name="means"
        )
        self.raw_scales = self.add_weight(
            shape, keras.initializers.Constant(np.log(np.e - 1)), name="raw_scales"
        )
        self.built = True  # it is never called, which would say so

    def kl(self, _: Any, out: dict[str, Any]) -> Any:
        """[N] nats a clip: log q(z | x) − log p(z) at the z that was drawn, a Monte Carlo estimate from one draw."""
        posterior = _log_normal(out["z"], out["mean"], ops.exp(0.5 * out["log_var"]))
        each = _log_normal(ops.expand_dims(out["z"], 1), self.means, ops.softplus(self.raw_scales))
        return posterior - ops.logsumexp(each, axis=1) + float(np.log(self.means.shape[0]))

    def gaussians(self) -> Gaussians:
        """Those of which it is made, as they are by now."""
        means, scales = self.means, ops.softplus(self.raw_scales)
        return ops.convert_to_numpy(means).astype(float), ops.convert_to_numpy(scales).astype(float)


def build(kind: str, latent_size: int, components: int | None) -> Normal | Mixture | None:
    """The prior of `train.prior`; None is that of a plain autoencoder."""
    if kind == "mixture":
        return Mixture(latent_size, components or 1)
    return Normal(latent_size) if kind == "normal" else None


def _kl_by_dim(out: dict[str, Any]) -> Any:
    mean, log_var = out["mean"], out["log_var"]
    return -0.5 * (1 + log_var - ops.square(mean) - ops.exp(log_var))


def _log_normal(z: Any, mean: Any, scale: Any) -> Any:
    """Log density of z under independent Gaussians, summed over the last axis."""
    return ops.sum(-0.5 * ops.square((z - mean) / scale) - ops.log(scale) - 0.5 * LOG_2PI, axis=-1)
