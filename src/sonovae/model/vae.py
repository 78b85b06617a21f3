"""The autoencoder, variational or plain: an encoder, a decoder, a prior, and a dict of named, weighted losses."""

from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from sonovae.model import networks, priors
from sonovae.model.priors import LOG_2PI, Loss, Mixture, Normal
from sonovae.params.train import Train


def mean_squared_error(picture: Any, out: dict[str, Any]) -> Any:
    """[N] means over the pixels of (x − x̂)²."""
    return ops.mean(ops.square(picture - out["picture"]), axis=(1, 2))


def bernoulli(picture: Any, out: dict[str, Any]) -> Any:
    """[N] nats a clip: −Σ x log x̂ + (1 − x) log(1 − x̂), the binary cross-entropy summed over the pixels."""
    restored = ops.clip(out["picture"], 1e-6, 1 - 1e-6)
    return -ops.sum(
        picture * ops.log(restored) + (1 - picture) * ops.log(1 - restored), axis=(1, 2)
    )


def gaussian(picture: Any, out: dict[str, Any]) -> Any:
    """[N] nats a clip: −log N(x; x̂, σ²), with the σ² at which the batch is likeliest, its mean squared error (Rybkin,
    Daniilidis and Levine 2021)."""
    error = ops.square(picture - out["picture"])
    variance = ops.stop_gradient(ops.maximum(ops.mean(error), 1e-8))
    return 0.5 * ops.sum(error / variance + ops.log(variance) + LOG_2PI, axis=(1, 2))


RECONSTRUCTION: dict[str, Loss] = {
    "mse": mean_squared_error,
    "bernoulli": bernoulli,
    "gaussian": gaussian,
}


class Term(NamedTuple):
    """A part of the loss: how it is computed, its weight, and whether that rises from 0 in the first epochs."""

    loss: Loss
    weight: float
    warms_up: bool = False


def terms(p: Train, prior: Normal | Mixture | None) -> dict[str, Term]:
    """The loss by name. `mse` and `kl` are always there, if with weight 0, to be reported."""
    found = {"mse": Term(mean_squared_error, 0.0)}
    found[p.reconstruction] = Term(RECONSTRUCTION[p.reconstruction], p.reconstruction_weight)
    if prior is not None:
        weight = p.kl_weight / (p.latent_size if p.kl == "mean" else 1)
        found["kl"] = Term(prior.kl, 0.0 if p.free_bits else weight, warms_up=True)
    if p.free_bits and isinstance(prior, Normal):
        found["kl_above_free_bits"] = Term(prior.kl_above(p.free_bits), weight, warms_up=True)
    return found


class VAE(keras.Model):
    """Trained by `fit` on pictures [N, bins, frames] alone; the loss is the weighted sum of `terms`. Without a prior, z
    is the encoder's only output.

    The loss stands in `compute_loss`, as that runs unchanged on TensorFlow, JAX and PyTorch.
    """

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        prior: Normal | Mixture | None,
        terms: dict[str, Term],
        seed: int,
    ) -> None:
        super().__init__()
        self.encoder, self.decoder, self.prior, self.terms = encoder, decoder, prior, terms
        self.noise = keras.random.SeedGenerator(seed)
        self.warmth = self.add_weight((), "ones", trainable=False, name="warmth")
        self.means = {name: keras.metrics.Mean(name) for name in terms}

    def begin_epoch(self, epoch: int, p: Train) -> None:
        """Noise that seed and epoch decide, so that a training can go on at any of them, and the KL's share of its
        weight: 0 in the first epoch of `kl_warmup_epochs`, all of it after them."""
        self.noise.state.assign(
            np.random.default_rng([p.seed, epoch]).integers(2**32, size=2, dtype=np.uint32)
        )
        self.warmth.assign(min(1.0, epoch / p.kl_warmup_epochs) if p.kl_warmup_epochs else 1.0)

    def call(self, pictures: Any, training: bool = False) -> dict[str, Any]:
        """z [N, latent_size], the mean and log variance that it was drawn by, and the picture decoded from it.

        `training` must stand here and be passed on: otherwise Keras would never tell batch normalization.
        """
        if self.prior is None:
            z = self.encoder(pictures, training=training)
            return {"z": z, "picture": self.decoder(z, training=training)}
        mean, log_var = self.encoder(pictures, training=training)
        z = mean + ops.exp(0.5 * log_var) * keras.random.normal(ops.shape(mean), seed=self.noise)
        return {
            "mean": mean,
            "log_var": log_var,
            "z": z,
            "picture": self.decoder(z, training=training),
        }

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """The weighted sum of the terms' means over the batch; each term is a metric, too. In validation all have their
        full weight, so that epochs can be compared."""
        total = 0.0
        for name, (loss, weight, warms_up) in self.terms.items():
            value = loss(x, y_pred)
            self.means[name].update_state(value)
            total += (self.warmth if training and warms_up else 1.0) * weight * ops.mean(value)
        return total


def build(shape: networks.Size, p: Train) -> VAE:
    """The autoencoder of pictures [bins, frames], which has learned nothing yet."""
    encoder, decoder = networks.build(shape, p.encoder, p.decoder, p.latent_size, p.prior)
    prior = priors.build(p.prior, p.latent_size, p.components)
    return VAE(encoder, decoder, prior, terms(p, prior), p.seed)
