"""Adam, whose learning rate rises, falls, and is another one for the dense layers beside z."""

from typing import Any

import keras

from sonovae.model import networks
from sonovae.model.vae import VAE
from sonovae.params.train import Train


class Adam(keras.optimizers.Adam):
    """Kingma and Ba 2015; `shares` has for each trainable variable the share of the learning rate that is its own."""

    def __init__(self, rate: Any, clip_norm: float | None, shares: list[float]) -> None:
        super().__init__(rate, global_clipnorm=clip_norm)
        self.shares = shares

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """One variable's, as Keras asks for it."""
        super().update_step(
            gradient, variable, learning_rate * self.shares[self._get_variable_index(variable)]
        )


def build(vae: VAE, p: Train, batches: int) -> Adam:
    """That of a training which lasts for so many batches, ready for a checkpoint's values."""
    rate = keras.optimizers.schedules.CosineDecay(
        0.0 if p.warmup_batches else p.learning_rate,
        max(1, batches - p.warmup_batches),
        alpha=0.0 if p.schedule == "cosine" else 1.0,
        warmup_target=p.learning_rate if p.warmup_batches else None,
        warmup_steps=p.warmup_batches,
    )
    dense = {id(each) for each in networks.beside_z(vae.encoder, vae.decoder)}
    share = (p.dense_learning_rate or p.learning_rate) / p.learning_rate
    found = Adam(
        rate, p.clip_norm, [share if id(each) in dense else 1.0 for each in vae.trainable_variables]
    )
    found.build(vae.trainable_variables)
    return found
