"""Encoder and decoder, each built from its own list of layers."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from sonovae.errors import UserError
from sonovae.params.layers import Conv, Dense, Layer, Project, Rearrange, Resample, Residual

Size = tuple[int, int]

MEAN, LOG_VARIANCE, PROJECT = "mean", "log_variance", "project"
"""The dense layers on either side of z, by their names; of an encoder with one output it is called mean, too."""


class Rows(Protocol):
    """An array, or what reads its rows from disk."""

    def __len__(self) -> int:
        """N."""

    def __getitem__(self, which: slice, /) -> NDArray[np.float32]:
        """The rows of a slice."""


def build(
    shape: Size, there: Sequence[Layer], back: Sequence[Layer], latent_size: int, prior: str
) -> tuple[keras.Model, keras.Model]:
    """Encoder and decoder of pictures [bins, frames] from their lists; without a prior (none) the encoder's one output
    is z."""
    return encoder(shape, there, latent_size, 1 if prior == "none" else 2), decoder(
        shape, back, latent_size
    )


def encoder(
    shape: tuple[int, ...],
    network: Sequence[Layer],
    latent_size: int,
    outputs: int = 2,
    key: str = "train.encoder",
) -> keras.Model:
    """Pictures [N, bins, frames], or [N, bins, frames, colours], → mean and log variance of the posterior, or with one
    output z itself, [N, latent_size] each. `key` is the list's name in the parameters."""
    picture = keras.Input(shape)
    x = picture if len(shape) == 3 else layers.Reshape((*shape, 1))(picture)
    for i, layer in enumerate(network):
        x = _built(layer, x, None, f"{key}[{i}]")
    x = layers.Flatten()(x)
    found = [layers.Dense(latent_size, name=name)(x) for name in (MEAN, LOG_VARIANCE)[:outputs]]
    return keras.Model(picture, found if outputs > 1 else found[0])


def decoder(shape: Size, network: Sequence[Layer], latent_size: int) -> keras.Model:
    """Points in the latent space [N, latent_size] → pictures [N, bins, frames]."""
    z = keras.Input((latent_size,))
    x = z
    for i, layer in enumerate(network):
        x = _built(layer, x, _size_before(network[i + 1 :], shape), f"train.decoder[{i}]")
    if len(x.shape) != 4 or x.shape[3] != 1 or x.shape[1] < shape[0] or x.shape[2] < shape[1]:
        raise UserError(
            f"train.decoder ends in a shape of {tuple(x.shape[1:])}: it must end in one channel of at least"
            f" the picture's size {shape}; a conv of b² filters before depth_to_space b gives one channel"
        )
    return keras.Model(z, layers.Reshape(shape)(x[:, : shape[0], : shape[1], :]))


def beside_z(encoder: keras.Model, decoder: keras.Model) -> list[Any]:
    """The weights of the dense layers on either side of z."""
    named = {layer.name: layer for layer in (*encoder.layers, *decoder.layers)}
    return [
        weight
        for name in (MEAN, LOG_VARIANCE, PROJECT)
        if name in named
        for weight in named[name].weights
    ]


def summary(encoder: keras.Model, decoder: keras.Model) -> str:
    """Each layer's kind, the shape that it makes, and how many parameters it has; their sums."""
    lines = []
    for name, network in (("encoder", encoder), ("decoder", decoder)):
        lines += [f"{name}: {network.count_params():,} parameters"]
        lines += [
            f"  {type(layer).__name__:22} {_shape(layer.output):22} {layer.count_params():>12,}"
            for layer in network.layers
        ]
    return "\n".join(lines) + "\n"


def predict(network: Any, rows: Rows, size: int = 64) -> list[NDArray[np.float32]]:
    """Each output [N, …] of N rows. All batches are of one size, the last filled up with zeros: one compilation, and no
    row depends on how many there are."""
    found = []
    for start in range(0, len(rows), size):
        batch = rows[start : start + size]
        padded = np.concatenate(
            [batch, np.zeros((size - len(batch), *batch.shape[1:]), np.float32)]
        )
        outputs = network.predict_on_batch(padded)
        outputs = outputs if isinstance(outputs, list) else [outputs]
        found.append(
            [each[: len(batch)] for each in outputs]
        )  # of several workers the first one's, all being equal
    return [np.concatenate(parts) for parts in zip(*found, strict=True)]


def _shape(output: Any) -> str:
    sizes = (output[0] if isinstance(output, list) else output).shape[1:]
    return " × ".join(map(str, sizes))


def _built(layer: Layer, x: Any, size: Size | None, key: str) -> Any:
    try:
        return BUILD[layer.layer](layer, x, size)
    except ValueError:
        shape = tuple(x.shape[1:])
        raise UserError(
            f"{key}, {layer.layer}, leaves nothing of, or cannot take, what comes in: {shape}"
        ) from None


def _conv(kind: type[layers.Layer]) -> Callable[..., Any]:
    def build(layer: Conv, x: Any, _: Size | None) -> Any:
        how = {"strides": layer.stride, "padding": layer.padding, "activation": layer.activation}
        x = kind(layer.filters, layer.kernel, **how)(x)
        return layers.BatchNormalization()(x) if layer.batch_norm else x

    return build


def _residual(layer: Residual, x: Any, _: Size | None) -> Any:
    y = x
    for filters in layer.filters:
        y = layers.Conv2D(filters, layer.kernel, padding="same", activation="relu")(y)
    return x + layers.Conv2D(x.shape[3], layer.kernel, padding="same", kernel_initializer="zeros")(
        y
    )


def _average_pool(layer: Resample, x: Any, _: Size | None) -> Any:
    return layers.AveragePooling2D(layer.size)(x)


def _upsample(layer: Resample, x: Any, _: Size | None) -> Any:
    return layers.UpSampling2D(layer.size)(x)


def _dense(layer: Dense, x: Any, _: Size | None) -> Any:
    return layers.Dense(layer.units, activation=layer.activation)(layers.Flatten()(x))


def _project(layer: Project, x: Any, size: Size) -> Any:
    shape = (*size, layer.filters)
    dense = layers.Dense(shape[0] * shape[1] * shape[2], activation=layer.activation, name=PROJECT)
    return layers.Reshape(shape)(dense(x))


def _space_to_depth(layer: Rearrange, x: Any, _: Size | None) -> Any:
    """[N, F, T, C] → [N, F / b, T / b, b² C]; zeros fill up what is not a multiple of b."""
    b, (_, f, t, c) = layer.block, x.shape
    x = layers.ZeroPadding2D(((0, -f % b), (0, -t % b)))(x)
    x = ops.reshape(x, (-1, -(-f // b), b, -(-t // b), b, c))
    return ops.reshape(
        ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, -(-f // b), -(-t // b), b * b * c)
    )


def _depth_to_space(layer: Rearrange, x: Any, _: Size | None) -> Any:
    """The door back: [N, F, T, b² C] → [N, b F, b T, C]."""
    b, (_, f, t, c) = layer.block, x.shape
    if c % b**2:
        raise UserError(
            f"depth_to_space {b} needs a multiple of {b**2} channels, and {c} come in: change the filters"
        )
    x = ops.reshape(x, (-1, f, t, b, b, c // b**2))
    return ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, b * f, b * t, c // b**2))


BUILD: dict[str, Callable[..., Any]] = {
    "conv": _conv(layers.Conv2D),
    "conv_transposed": _conv(layers.Conv2DTranspose),
    "residual": _residual,
    "average_pool": _average_pool,
    "upsample": _upsample,
    "space_to_depth": _space_to_depth,
    "depth_to_space": _depth_to_space,
    "dense": _dense,
    "project": _project,
}
"""Each takes a layer's parameters, its input, and the size that a project layer must make; it returns the output."""


def _size_before(network: Sequence[Layer], size: Size) -> Size:
    """The smallest size from which these layers make at least `size`."""
    for layer in reversed(network):
        size = _before(layer, size[0], 0), _before(layer, size[1], 1)
    return size


def _before(layer: Layer, size: int, axis: int) -> int:
    """The fewest pixels along one axis from which a layer makes `size`."""
    match layer:
        case (
            Rearrange(layer="depth_to_space", block=times) | Resample(layer="upsample", size=times)
        ):
            return -(-size // times)
        case Rearrange(block=times) | Resample(size=times):
            return size * times
        case Conv(layer="conv", padding="same"):
            return size * layer.stride[axis]
        case Conv(layer="conv"):
            return (size - 1) * layer.stride[axis] + layer.kernel
        case Conv(padding="valid"):
            return max(
                1, -(-(size - max(layer.kernel - layer.stride[axis], 0)) // layer.stride[axis])
            )
        case Conv():
            return -(-size // layer.stride[axis])
    return size
