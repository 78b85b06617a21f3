"""Sizes and layers that rebuild an untrained encoder and decoder."""

from dataclasses import dataclass

import keras

from sonovae.model import networks, sequence_networks
from sonovae.params.layers import Layers
from sonovae.params.train import Sequence, Train


@dataclass(frozen=True)
class Architecture:
    """Networks of pictures with `shape` [rows, frames]: lists of layers around a vector z
    [latent_size], or a sequence of latent frames [latent_size]."""

    shape: tuple[int, int]
    latent_size: int
    prior: str
    sequence: Sequence | None
    encoder: Layers | None
    decoder: Layers | None

    @property
    def numbers(self) -> int:
        """Numbers in z of a whole clip."""
        if self.sequence is None:
            return self.latent_size
        return self.latent_size * self.shape[1] // self.sequence.frames

    def build(self) -> tuple[keras.Model, keras.Model]:
        """Build encoder and decoder with random weights."""
        if self.sequence:
            return sequence_networks.build(self.shape, self.sequence, self.latent_size, self.prior)
        # train's rules see to it that there are both lists without a sequence.
        there = self.encoder or ()
        back = self.decoder or ()
        return networks.build(self.shape, there, back, self.latent_size, self.prior)


def of(shape: tuple[int, int], settings: Train) -> Architecture:
    """Return the architecture that train's section describes."""
    return Architecture(
        shape,
        settings.latent_size,
        settings.prior,
        settings.sequence,
        settings.encoder,
        settings.decoder,
    )
