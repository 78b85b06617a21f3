"""Autoencoder, variational or plain: encoder, decoder, prior, and named, weighted losses."""

from typing import Any, NamedTuple

import keras
from keras import ops

from sonovae.model import architecture, backend, priors
from sonovae.model.priors import LOG_2PI, Loss, Normal, Prior
from sonovae.params.train import Train


def mean_squared_error(picture: Any, out: dict[str, Any]) -> Any:
    """Mean of (x − x̂)² over the pixels of each clip, [N]."""
    return ops.mean(ops.square(picture - out["picture"]), axis=(1, 2))


def bernoulli(picture: Any, out: dict[str, Any]) -> Any:
    """Binary cross-entropy in nats a clip, [N]: −Σ x log x̂ + (1 − x) log(1 − x̂) over pixels."""
    # A sigmoid rounds to 0 and 1, whose logarithms are not finite.
    restored = ops.clip(out["picture"], 1e-6, 1 - 1e-6)
    white = picture * ops.log(restored)
    black = (1 - picture) * ops.log(1 - restored)
    return -ops.sum(white + black, axis=(1, 2))


def gaussian(picture: Any, out: dict[str, Any]) -> Any:
    """Negative log likelihood −log N(x; x̂, σ²) in nats a clip [N], with the σ² at which the batch
    is likeliest, its mean squared error (Rybkin, Daniilidis and Levine 2021)."""
    error = ops.square(picture - out["picture"])
    # Without a gradient of its own, as the optimum of σ² has none.
    variance = ops.stop_gradient(ops.maximum(ops.mean(error), 1e-8))
    by_pixel = error / variance + ops.log(variance) + LOG_2PI
    return 0.5 * ops.sum(by_pixel, axis=(1, 2))


RECONSTRUCTION: dict[str, Loss] = {
    "mse": mean_squared_error,
    "bernoulli": bernoulli,
    "gaussian": gaussian,
}
"""Losses by the values of `train.reconstruction`."""


class Term(NamedTuple):
    """Part of the loss: its function, its weight, and whether that rises in the first epochs."""

    loss: Loss
    weight: float
    warms_up: bool = False


Terms = dict[str, Term]
"""Parts of the loss by name."""


def terms(settings: Train, prior: Prior) -> Terms:
    """Return the parts of the loss that the settings ask for."""
    # mse and kl are reported by every training, if with weight 0.
    parts = {"mse": Term(mean_squared_error, 0.0)}
    name = settings.reconstruction
    parts[name] = Term(RECONSTRUCTION[name], settings.reconstruction_weight)
    if prior is None:
        return parts
    dimensions = settings.latent_size if settings.kl == "mean" else 1
    weight = settings.kl_weight / dimensions
    free = settings.free_bits
    parts["kl"] = Term(prior.kl, 0.0 if free else weight, warms_up=True)
    if free and isinstance(prior, Normal):
        above = prior.kl_above(free)
        parts["kl_above_free_bits"] = Term(above, weight, warms_up=True)
    return parts


class VAE(keras.Model):
    """Autoencoder that `fit` trains on pictures [N, bins, frames]; without a prior a plain one."""

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        prior: Prior,
        terms: Terms,
        seed: int,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        self.prior = prior
        self.terms = terms
        self.noise = keras.random.SeedGenerator(seed)
        # A variable, since a compiled step would hold a plain number as a constant.
        self.warmth = self.add_weight((), "ones", trainable=False, name="warmth")
        self.means = {name: keras.metrics.Mean(name) for name in terms}

    def begin_epoch(self, epoch: int, settings: Train) -> None:
        """Set the noise and the KL's share of its weight, from 0 to 1, for an epoch from 0."""
        backend.reseed(self.noise, settings.seed, epoch)
        warmup = settings.kl_warmup_epochs
        self.warmth.assign(min(1.0, epoch / warmup) if warmup else 1.0)

    def call(self, pictures: Any, training: bool = False) -> dict[str, Any]:
        """Return z [N, latent_size], the mean and log variance it is drawn by, and its picture."""
        # Keras tells batch normalization of `training` only if it is passed on.
        if self.prior is None:
            z = self.encoder(pictures, training=training)
            return {"z": z, "picture": self.decoder(z, training=training)}
        mean, log_var = self.encoder(pictures, training=training)
        noise = keras.random.normal(ops.shape(mean), seed=self.noise)
        z = mean + ops.exp(0.5 * log_var) * noise
        picture = self.decoder(z, training=training)
        return {"mean": mean, "log_var": log_var, "z": z, "picture": picture}

    # Unlike `train_step` this runs unchanged on TensorFlow, JAX and PyTorch.
    def compute_loss(
        self,
        x: Any,
        y: Any,
        y_pred: Any,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the weighted sum of the terms' means over the batch; each is a metric, too."""
        total = 0.0
        for name, (loss, weight, warms_up) in self.terms.items():
            value = loss(x, y_pred)
            self.means[name].update_state(value)
            # Full weight in validation, so that epochs can be compared.
            warmth = self.warmth if training and warms_up else 1.0
            total += warmth * weight * ops.mean(value)
        return total


def build(shape: tuple[int, int], settings: Train) -> VAE:
    """Build the untrained autoencoder of pictures with `shape` [rows, frames]."""
    built = architecture.of(shape, settings)
    encoder, decoder = built.build()
    prior = priors.build(settings.prior, built.numbers, settings.components)
    return VAE(encoder, decoder, prior, terms(settings, prior), settings.seed)
