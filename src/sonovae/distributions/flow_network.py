"""Transformer over latent frames that tells a flow which way to go: velocities of noisy latents.

Blocks as in DiT (Peebles and Xie 2023): time, label and group scale and shift each layer's input.
A convolution over neighbouring frames comes before attention, since latents vary smoothly.
"""

import math
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from sonovae.params.prior import Flow

KERNEL = 5
"""Latent frames that the convolution of a block looks at."""
FREQUENCIES = 64
"""Sines and cosines, half each, that stand for a flow's time and for a frame's place."""
SLOWEST = 1e-4
"""Lowest frequency over the highest one (Vaswani et al. 2017, section 3.5)."""
WIDER = 4
"""Width of a block's inner dense layer over the block's."""


def build(channels: int, labels: int, groups: int, settings: Flow) -> keras.Model:
    """Build a network of latents [N, T′, C], time [N] in [0, 1], label [N] and group [N] to
    velocities [N, T′, C]. Labels and groups count from 1; 0 means that none is given."""
    z = keras.Input((None, channels))
    time = keras.Input(())
    label = keras.Input((), dtype="int32")
    group = keras.Input((), dtype="int32")
    width = settings.width
    condition = layers.Dense(width, activation="silu")(waves(1000 * time))
    condition = layers.Dense(width)(condition)
    condition += layers.Embedding(labels + 1, width, _apart())(label)
    condition += layers.Embedding(groups + 1, width, _apart())(group)
    condition = layers.Activation("silu")(condition)
    places = ops.expand_dims(waves(_places(z)), 0)
    x = layers.Dense(width)(z) + layers.Dense(width)(places)
    for _ in range(settings.layers):
        x = _block(x, condition, settings.heads)
    shift, scale = _modulation(condition, 2, width)
    x = _normalized(x) * (1 + scale) + shift
    # Zeros at first: the flow begins as standing still.
    velocity = layers.Dense(channels, kernel_initializer="zeros")(x)
    return keras.Model([z, time, label, group], velocity)


def _apart() -> keras.initializers.Initializer:
    """Return first values that tell labels apart as well as times are, unlike Keras' ± 0.05."""
    return keras.initializers.RandomNormal(stddev=1.0)


def waves(x: Any) -> Any:
    """Sines and cosines of numbers [n] at many frequencies: [n, `FREQUENCIES`]."""
    half = FREQUENCIES // 2
    frequencies = np.exp(np.log(SLOWEST) * np.arange(half) / half).astype(np.float32)
    angles = ops.expand_dims(x, -1) * frequencies
    return ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)


def _places(z: Any) -> Any:
    """Return the numbers of z's frames, [T′]."""
    ones = ops.ones_like(z[0, :, 0])
    return ops.cumsum(ones) - 1


def _block(x: Any, condition: Any, heads: int) -> Any:
    width = x.shape[-1]
    shift, scale, gate, shift_2, scale_2, gate_2 = _modulation(condition, 6, width)
    y = _normalized(x) * (1 + scale) + shift
    y = y + layers.DepthwiseConv1D(KERNEL, padding="same")(y)
    x = x + gate * _attention(y, heads)
    y = _normalized(x) * (1 + scale_2) + shift_2
    y = layers.Dense(WIDER * width, activation="gelu")(y)
    return x + gate_2 * layers.Dense(width)(y)


def _normalized(x: Any) -> Any:
    return layers.LayerNormalization(center=False, scale=False)(x)


def _modulation(condition: Any, count: int, width: int) -> list[Any]:
    """Return `count` vectors [N, 1, width] that the condition decides; zeros at first, so that a
    block begins as the identity."""
    dense = layers.Dense(count * width, kernel_initializer="zeros")
    values = layers.Reshape((1, count * width))(dense(condition))
    return list(ops.split(values, count, axis=-1))


def _attention(x: Any, heads: int) -> Any:
    """Self-attention. Written out, as the fused kernel is slower for short sequences on a CPU."""
    width = x.shape[-1]
    size = width // heads
    parts = layers.Reshape((-1, 3, heads, size))(layers.Dense(3 * width)(x))
    query, key, value = (ops.transpose(parts[:, :, n], (0, 2, 1, 3)) for n in range(3))
    scores = ops.matmul(query, ops.transpose(key, (0, 1, 3, 2))) / math.sqrt(size)
    mixed = ops.matmul(ops.softmax(scores), value)
    joined = layers.Reshape((-1, width))(ops.transpose(mixed, (0, 2, 1, 3)))
    return layers.Dense(width)(joined)
