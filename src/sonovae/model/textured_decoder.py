"""Decoder with texture: noise, which z decides, becomes what a blurred picture lacks."""

import zlib
from dataclasses import dataclass

import keras
import numpy as np

from sonovae.arrays import Floats32, Latents
from sonovae.model import sequence_networks
from sonovae.model.architecture import Architecture


@dataclass(frozen=True)
class TexturedDecoder:
    """A network of z and noise, called as a plain decoder is: the same z has the same noise."""

    network: keras.Model
    rows: int
    channels: int
    frames: int

    def count_params(self) -> int:
        """Return the count of the network's parameters."""
        return int(self.network.count_params())

    def predict_on_batch(self, z: Latents) -> Floats32:
        """Decode z [N, T′ · C] to pictures [N, rows, frames]."""
        return np.asarray(self.network.predict_on_batch([z, self.noise(z)]))

    def noise(self, z: Latents) -> Floats32:
        """Noise [N, rows, frames] of z [N, T′ · C]."""
        shape = (self.rows, z.shape[1] // self.channels * self.frames)
        # By z's bytes, so that a sound does not depend on those that are decoded with it.
        seeds = [zlib.crc32(np.ascontiguousarray(row, np.float32).tobytes()) for row in z]
        draws = [np.random.default_rng(seed).standard_normal(shape, np.float32) for seed in seeds]
        return np.stack(draws)


def build(built: Architecture) -> TexturedDecoder:
    """Build the textured decoder of an architecture whose z is a sequence; random weights."""
    rows, _ = built.shape
    sequence = built.sequence
    if sequence is None:
        raise ValueError("only decoders of sequences have texture")
    network = sequence_networks.decoder(rows, sequence, built.latent_size, textured=True)
    network.compile()
    return TexturedDecoder(network, rows, built.latent_size, sequence.frames)


def begin_as(plain: keras.Model, textured: keras.Model) -> None:
    """Set a textured network's weights to those of a plain decoder; noise has no effect yet."""
    prefix = sequence_networks.NOISE
    shared = [layer for layer in textured.layers if not layer.name.startswith(prefix)]
    weights = [weight for layer in plain.layers for weight in layer.get_weights()]
    for layer in shared:
        count = len(layer.weights)
        layer.set_weights(weights[:count])
        weights = weights[count:]
