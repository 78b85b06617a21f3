"""Adam with a learning rate that rises and falls, and another for dense layers next to z."""

from typing import Any

import keras

from sonovae.model import networks
from sonovae.model.vae import VAE
from sonovae.params.train import Train


class Adam(keras.optimizers.Adam):
    """Adam (Kingma and Ba 2015) with a share of the learning rate for each trainable variable."""

    def __init__(self, rate: Any, clip_norm: float | None, shares: list[float]) -> None:
        super().__init__(rate, global_clipnorm=clip_norm)
        self.shares = shares

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update one variable; Keras calls it for each."""
        share = self.shares[self._get_variable_index(variable)]
        super().update_step(gradient, variable, learning_rate * share)


def build(vae: VAE, settings: Train, batches: int) -> Adam:
    """Build the optimizer of a training of so many batches, with its variables."""
    highest = settings.learning_rate
    warmup = settings.warmup_batches
    rate = keras.optimizers.schedules.CosineDecay(
        0.0 if warmup else highest,
        max(1, batches - warmup),
        # The rate at the end, as a share of the highest: 1 keeps it constant.
        alpha=0.0 if settings.schedule == "cosine" else 1.0,
        warmup_target=highest if warmup else None,
        warmup_steps=warmup,
    )
    dense = {id(weight) for weight in networks.beside_z(vae.encoder, vae.decoder)}
    share = (settings.dense_learning_rate or highest) / highest
    shares = [share if id(weight) in dense else 1.0 for weight in vae.trainable_variables]
    adam = Adam(rate, settings.clip_norm, shares)
    # Before the first batch, so that a checkpoint's values can be set.
    adam.build(vae.trainable_variables)
    return adam
