"""Encoder and decoder over time: from pictures of any length to a sequence of latent frames.

A picture's rows are channels of one-dimensional convolutions over its frames, as in audio codecs
such as SoundStream (Zeghidour et al. 2021). z [N, T′ · C] holds T′ latent frames of C channels, one
after the other, so that a vector is the case T′ = 1.
"""

from typing import Any

import keras
from keras import layers, ops

from sonovae.errors import UserError
from sonovae.model.networks import LOG_VARIANCE, MEAN
from sonovae.params.train import Sequence

CENTRE = 0.1
SPREAD = 0.125
"""Typical mean and deviation of pictures: with values around 0 the first epochs gain most."""
KERNEL = 3
"""Frames that a convolution looks at."""
TAIL = 16
"""Channels of the two-dimensional convolution that ends the decoder: it is half of its time."""
NOISE = "noise"
"""Beginning of the names of layers that take a textured decoder's noise."""
FIRST_LOG_VARIANCE = -2.0
"""Log variance at first: with 0 the decoder would hear mostly noise and ignore z."""


def build(
    shape: tuple[int, int], settings: Sequence, channels: int, prior: str
) -> tuple[keras.Model, keras.Model]:
    """Build encoder and decoder of pictures with `shape` [rows, frames], and with any number of
    frames that is a multiple of a latent frame's; `prior` "none" makes z the only output."""
    rows, frames = shape
    if frames % settings.frames:
        whole = -(-frames // settings.frames) * settings.frames
        raise UserError(
            f"a picture has {frames} frames: train.sequence.halvings = {settings.halvings} needs a"
            f" multiple of {settings.frames}: set preprocess.picture.frames = {whole}"
        )
    # The encoder first: layers draw their initial weights from one generator.
    first = encoder(rows, settings, channels, outputs=1 if prior == "none" else 2)
    return first, decoder(rows, settings, channels)


def encoder(rows: int, settings: Sequence, channels: int, outputs: int = 2) -> keras.Model:
    """Build a network from pictures [N, rows, frames] to mean and log variance of z [N, T′ · C],
    or to z."""
    picture = keras.Input((rows, None))
    x = layers.Permute((2, 1))((picture - CENTRE) / SPREAD)
    for n in range(settings.halvings):
        if n:
            x = _residual(x)
        # Frames are halved before anything else: a layer at full rate would cost most.
        x = layers.Conv1D(settings.filters, 4, 2, padding="same", activation="silu")(x)
    x = _residual(_residual(x))
    heads = [layers.Conv1D(channels, 1, name=MEAN)(x)]
    if outputs > 1:
        first = keras.initializers.Constant(FIRST_LOG_VARIANCE)
        how = {"kernel_initializer": "zeros", "bias_initializer": first}
        heads.append(layers.Conv1D(channels, 1, name=LOG_VARIANCE, **how)(x))
    flat = [layers.Reshape((-1,))(head) for head in heads]
    return keras.Model(picture, flat if outputs > 1 else flat[0])


def decoder(rows: int, settings: Sequence, channels: int, textured: bool = False) -> keras.Model:
    """Build a network from z [N, T′ · C] to pictures [N, rows, T′ · 2^halvings].

    A textured one has noise [N, rows, frames] as a second input, which it ignores at first; its
    other layers are those of the plain one, in the same order.
    """
    z = keras.Input((None,))
    noise = keras.Input((rows, None)) if textured else None
    x = layers.Reshape((-1, channels))(z)
    x = _conv(settings.filters, x)
    x = _residual(_residual(x))
    for _ in range(settings.halvings - 1):
        x = _doubled(x)
        x = _residual(x)
    if noise is not None:
        # Noise that shapes what a frame sounds like as a whole.
        how = {"padding": "same", "kernel_initializer": "zeros", "name": f"{NOISE}_frames"}
        x += layers.Conv1D(settings.filters, 4, 2, **how)(layers.Permute((2, 1))(noise))
    x = _residual(x)
    maps = layers.Conv1D(2 * rows * settings.maps, 1)(x)
    maps = layers.Reshape((-1, rows, settings.maps))(maps)
    y = layers.Conv2D(TAIL, KERNEL, padding="same")(maps)
    if noise is not None:
        # Noise of each pixel, such as breath between harmonics.
        pixels = layers.Reshape((-1, rows, 1))(layers.Permute((2, 1))(noise))
        how = {"padding": "same", "kernel_initializer": "zeros", "name": f"{NOISE}_pixels"}
        y += layers.Conv2D(TAIL, KERNEL, use_bias=False, **how)(pixels)
    # Zeros at first: the picture begins as the first map, and the others sharpen it.
    last = layers.Conv2D(1, KERNEL, padding="same", kernel_initializer="zeros")
    picture = CENTRE + SPREAD * ops.squeeze(maps[..., :1] + last(ops.silu(y)), -1)
    inputs = z if noise is None else [z, noise]
    return keras.Model(inputs, layers.Permute((2, 1))(picture))


def _conv(filters: int, x: Any) -> Any:
    return layers.Conv1D(filters, KERNEL, padding="same", activation="silu")(x)


def _residual(x: Any) -> Any:
    y = _conv(x.shape[-1], x)
    # Zeros at first, so that the layer begins as the identity (Goyal et al. 2017, 5.1).
    last = layers.Conv1D(x.shape[-1], KERNEL, padding="same", kernel_initializer="zeros")
    return x + last(y)


def _doubled(x: Any) -> Any:
    """[N, T, C] → [N, 2 T, C]: each frame becomes two."""
    filters = x.shape[-1]
    return layers.Reshape((-1, filters))(_conv(2 * filters, x))
