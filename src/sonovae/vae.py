"""The variational autoencoder: an encoder, a decoder, and a dict of named, weighted losses."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops


def mean_squared_error(picture: Any, out: dict[str, Any]) -> Any:
    """[N] means over the pixels of (x − x̂)²."""
    return ops.mean(ops.square(picture - out["picture"]), axis=(1, 2))


def kl_divergence(_: Any, out: dict[str, Any]) -> Any:
    """[N] nats a clip: KL(N(μ, σ²) ‖ N(0, 1)) = −½ Σ (1 + log σ² − μ² − σ²), Kingma and Welling 2014, appendix B."""
    mean, log_var = out["mean"], out["log_var"]
    return -0.5 * ops.sum(1 + log_var - ops.square(mean) - ops.exp(log_var), axis=1)


LOSSES: dict[str, Callable[[Any, dict[str, Any]], Any]] = {"mse": mean_squared_error, "kl": kl_divergence}


class VAE(keras.Model):
    """Trained by `fit` on pictures [N, bins, frames] alone; the loss is the weighted sum of `LOSSES`.

    The loss stands in `compute_loss`, as that runs unchanged on TensorFlow, JAX and PyTorch.
    """

    def __init__(self, encoder: keras.Model, decoder: keras.Model, weights: dict[str, float], seed: int) -> None:
        super().__init__()
        self.encoder, self.decoder, self.weights_of = encoder, decoder, weights
        self.noise = keras.random.SeedGenerator(seed)
        self.terms = {name: keras.metrics.Mean(name) for name in weights}

    def call(self, pictures: Any) -> dict[str, Any]:
        """The posterior's mean and log variance [N, latent_size], and the picture decoded from a sample of it."""
        mean, log_var = self.encoder(pictures)
        z = mean + ops.exp(0.5 * log_var) * keras.random.normal(ops.shape(mean), seed=self.noise)
        return {"mean": mean, "log_var": log_var, "picture": self.decoder(z)}

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """The weighted sum of the terms' means over the batch; each term is a metric, too."""
        total = 0.0
        for name, weight in self.weights_of.items():
            term = LOSSES[name](x, y_pred)
            self.terms[name].update_state(term)
            total += weight * ops.mean(term)
        return total
