"""Encoder and decoder, each built from its list of layers."""

import math
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from sonovae.arrays import Floats32
from sonovae.errors import UserError
from sonovae.params.layers import (
    Conv,
    Dense,
    Layer,
    Layers,
    Project,
    Rearrange,
    Resample,
    Residual,
)

BATCH = 64
"""Rows that a network computes at once."""
Size = tuple[int, int]
"""Bins and frames of a picture."""
MEAN = "mean"
LOG_VARIANCE = "log_variance"
PROJECT = "project"
"""Names of the dense layers next to z; an encoder with one output has only `mean`."""


def build(
    shape: Size, there: Layers, back: Layers, latent_size: int, prior: str
) -> tuple[keras.Model, keras.Model]:
    """Build encoder and decoder from their layers, for pictures [bins, frames]; `prior` "none"
    makes z the encoder's only output."""
    outputs = 1 if prior == "none" else 2
    # The encoder first: layers draw their initial weights from one generator.
    first = encoder(shape, there, latent_size, outputs)
    return first, decoder(shape, back, latent_size)


def encoder(
    shape: tuple[int, ...],
    network: Layers,
    latent_size: int,
    outputs: int = 2,
    key: str = "train.encoder",
) -> keras.Model:
    """Build a network from pictures [N, bins, frames], or with colours as a fourth axis, to mean
    and log variance of z [N, latent_size], or to z. `key` names its layers in errors."""
    picture = keras.Input(shape)
    x = picture
    if len(shape) == 2:
        x = layers.Reshape((*shape, 1))(x)
    for i, layer in enumerate(network):
        x = _built(layer, x, None, f"{key}[{i}]")
    x = layers.Flatten()(x)
    names = (MEAN, LOG_VARIANCE)[:outputs]
    dense = [layers.Dense(latent_size, name=name)(x) for name in names]
    return keras.Model(picture, dense if outputs > 1 else dense[0])


def decoder(shape: Size, network: Layers, latent_size: int) -> keras.Model:
    """Build a network from z [N, latent_size] to pictures [N, bins, frames]."""
    z = keras.Input((latent_size,))
    x = z
    for i, layer in enumerate(network):
        size = _size_before(network[i + 1 :], shape)
        x = _built(layer, x, size, f"train.decoder[{i}]")
    bins, frames = shape
    made = tuple(x.shape[1:])
    if len(made) != 3 or made[2] != 1 or made[0] < bins or made[1] < frames:
        raise UserError(
            f"train.decoder ends in a shape of {made}: it must end in one channel of at least"
            f" the picture's size {shape}; a conv of b² filters before depth_to_space b gives"
            " one channel"
        )
    # Layers whose strides do not divide the picture's size make a larger one.
    return keras.Model(z, layers.Reshape(shape)(x[:, :bins, :frames, :]))


def beside_z(encoder: keras.Model, decoder: keras.Model) -> list[Any]:
    """Return the weights of the dense layers next to z."""
    names = (MEAN, LOG_VARIANCE, PROJECT)
    dense = [layer for layer in (*encoder.layers, *decoder.layers) if layer.name in names]
    return [weight for layer in dense for weight in layer.weights]


def summary(encoder: keras.Model, decoder: keras.Model) -> str:
    """List each layer's class, output shape and number of parameters, and their sums."""
    lines = []
    for name, network in (("encoder", encoder), ("decoder", decoder)):
        lines.append(f"{name}: {network.count_params():,} parameters")
        for layer in network.layers:
            kind = type(layer).__name__
            shape = _shape(layer.output)
            lines.append(f"  {kind:22} {shape:22} {layer.count_params():>12,}")
    return "\n".join(lines) + "\n"


def predict(network: Any, rows: Any, size: int = BATCH) -> list[Floats32]:
    """Return a network's outputs, [N, …] each, for an array [N, …] in memory or on disk."""
    batches = []
    for start in range(0, len(rows), size):
        batch = rows[start : start + size]
        count = len(batch)
        # Full batches only: one compilation, and no row's digits depend on their number.
        padding = np.zeros((size - count, *batch.shape[1:]), np.float32)
        outputs = network.predict_on_batch(np.concatenate([batch, padding]))
        if not isinstance(outputs, list):
            outputs = [outputs]
        # With several workers there are more rows, the same from each worker.
        batches.append([output[:count] for output in outputs])
    return [np.concatenate(parts) for parts in zip(*batches, strict=True)]


def _shape(output: Any) -> str:
    sizes = (output[0] if isinstance(output, list) else output).shape[1:]
    return " × ".join(map(str, sizes))


def _built(layer: Layer, x: Any, size: Size | None, key: str) -> Any:
    try:
        return apply(layer, x, size)
    except ValueError:
        raise UserError(
            f"{key} ({layer.layer}) does not fit its input of shape {tuple(x.shape[1:])}:"
            " change it, or a layer before it"
        ) from None


def apply(layer: Layer, x: Any, size: Size | None) -> Any:
    """Return a layer's output for its input [N, bins, frames, channels] or [N, numbers]; `size` is
    what a project layer must make."""
    match layer:
        case Conv():
            return _conv(layer, x)
        case Residual():
            return _residual(layer, x)
        case Resample(layer="average_pool"):
            return layers.AveragePooling2D(layer.size)(x)
        case Resample():
            return layers.UpSampling2D(layer.size)(x)
        case Rearrange(layer="space_to_depth"):
            return _space_to_depth(layer.block, x)
        case Rearrange():
            return _depth_to_space(layer.block, x)
        case Dense():
            return layers.Dense(layer.units, activation=layer.activation)(layers.Flatten()(x))
        case Project():
            shape = (*(size or ()), layer.filters)
            dense = layers.Dense(math.prod(shape), activation=layer.activation, name=PROJECT)
            return layers.Reshape(shape)(dense(x))


def _conv(layer: Conv, x: Any) -> Any:
    kind = layers.Conv2D if layer.layer == "conv" else layers.Conv2DTranspose
    shape = (layer.filters, layer.kernel, layer.stride, layer.padding)
    x = kind(*shape, activation=layer.activation)(x)
    return layers.BatchNormalization()(x) if layer.batch_norm else x


def _residual(layer: Residual, x: Any) -> Any:
    y = x
    how = {"padding": "same"}
    for filters in layer.filters:
        y = layers.Conv2D(filters, layer.kernel, activation="relu", **how)(y)
    # Zeros at first, so that the layer begins as the identity (Goyal et al. 2017, 5.1).
    last = layers.Conv2D(x.shape[3], layer.kernel, kernel_initializer="zeros", **how)
    return x + last(y)


def _space_to_depth(b: int, x: Any) -> Any:
    """[N, F, T, C] → [N, F / b, T / b, b² C]; zeros fill up what is not a multiple of b."""
    _, f, t, c = x.shape
    x = layers.ZeroPadding2D(((0, -f % b), (0, -t % b)))(x)
    rows = -(-f // b)
    columns = -(-t // b)
    x = ops.reshape(x, (-1, rows, b, columns, b, c))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (-1, rows, columns, b * b * c))


def _depth_to_space(b: int, x: Any) -> Any:
    """[N, F, T, b² C] → [N, b F, b T, C], the inverse of `_space_to_depth`."""
    _, f, t, c = x.shape
    if c % b**2:
        raise UserError(
            f"depth_to_space {b} needs a multiple of {b**2} channels, and its input has {c}:"
            " change the filters of the layer before it"
        )
    x = ops.reshape(x, (-1, f, t, b, b, c // b**2))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (-1, b * f, b * t, c // b**2))


def _size_before(network: Layers, size: Size) -> Size:
    """Return the smallest size from which these layers make at least `size`."""
    for layer in reversed(network):
        size = _before(layer, size[0], 0), _before(layer, size[1], 1)
    return size


def _before(layer: Layer, size: int, axis: int) -> int:
    """Return the fewest pixels along one axis from which a layer makes `size`."""
    match layer:
        case Rearrange(layer="depth_to_space", block=times):
            return -(-size // times)
        case Resample(layer="upsample", size=times):
            return -(-size // times)
        case Rearrange(block=times) | Resample(size=times):
            return size * times
        case Conv(layer="conv", padding="same"):
            return size * layer.stride[axis]
        case Conv(layer="conv"):
            return (size - 1) * layer.stride[axis] + layer.kernel
        case Conv(padding="valid"):
            # Transposed and valid: n pixels become stride · n + max(kernel − stride, 0).
            stride = layer.stride[axis]
            return max(1, -(-(size - max(layer.kernel - stride, 0)) // stride))
        case Conv():
            return -(-size // layer.stride[axis])
    return size
