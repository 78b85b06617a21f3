"""Encoder and decoder, each built from its own list of layers."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import layers, ops

from sonovae.errors import UserError
from sonovae.params.layers import Conv, DepthToSpace, Layer, Project, SpaceToDepth

Size = tuple[int, int]


def encoder(shape: Size, network: Sequence[Layer], latent_size: int) -> keras.Model:
    """Pictures [N, bins, frames] → mean and log variance of the posterior, [N, latent_size] each."""
    picture = keras.Input(shape)
    x = layers.Reshape((*shape, 1))(picture)
    for layer in network:
        x = BUILD[layer.layer](layer, x, None)
    x = layers.Flatten()(x)
    mean, log_var = layers.Dense(latent_size)(x), layers.Dense(latent_size)(x)
    return keras.Model(picture, [mean, log_var])


def decoder(shape: Size, network: Sequence[Layer], latent_size: int) -> keras.Model:
    """Points in the latent space [N, latent_size] → pictures [N, bins, frames]."""
    z = keras.Input((latent_size,))
    x = z
    for i, layer in enumerate(network):
        x = BUILD[layer.layer](layer, x, _size_before(network[i + 1 :], shape))
    if len(x.shape) != 4 or x.shape[3] != 1 or x.shape[1] < shape[0] or x.shape[2] < shape[1]:
        raise UserError(
            f"train.decoder ends in a shape of {tuple(x.shape[1:])}: it must end in one channel of at least"
            f" the picture's size {shape}; a conv of b² filters before depth_to_space b gives one channel"
        )
    return keras.Model(z, layers.Reshape(shape)(x[:, : shape[0], : shape[1], :]))


def _conv(kind: type[layers.Layer]) -> Callable[..., Any]:
    def build(layer: Conv, x: Any, _: Size | None) -> Any:
        x = kind(layer.filters, layer.kernel, strides=layer.stride, padding="same", activation=layer.activation)(x)
        return layers.BatchNormalization()(x) if layer.batch_norm else x

    return build


def _project(layer: Project, x: Any, size: Size) -> Any:
    shape = (*size, layer.filters)
    return layers.Reshape(shape)(layers.Dense(shape[0] * shape[1] * shape[2], activation=layer.activation)(x))


def _space_to_depth(layer: SpaceToDepth, x: Any, _: Size | None) -> Any:
    """[N, F, T, C] → [N, F / b, T / b, b² C]; zeros fill up what is not a multiple of b."""
    b, (_, f, t, c) = layer.block, x.shape
    x = layers.ZeroPadding2D(((0, -f % b), (0, -t % b)))(x)
    x = ops.reshape(x, (-1, -(-f // b), b, -(-t // b), b, c))
    return ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, -(-f // b), -(-t // b), b * b * c))


def _depth_to_space(layer: DepthToSpace, x: Any, _: Size | None) -> Any:
    """The door back: [N, F, T, b² C] → [N, b F, b T, C]."""
    b, (_, f, t, c) = layer.block, x.shape
    if c % b**2:
        raise UserError(f"train.decoder: depth_to_space {b} needs a multiple of {b**2} channels, and {c} come in")
    x = ops.reshape(x, (-1, f, t, b, b, c // b**2))
    return ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, b * f, b * t, c // b**2))


BUILD: dict[str, Callable[..., Any]] = {
    "conv": _conv(layers.Conv2D),
    "conv_transposed": _conv(layers.Conv2DTranspose),
    "space_to_depth": _space_to_depth,
    "depth_to_space": _depth_to_space,
    "project": _project,
}
"""Each takes a layer's parameters, its input, and the size that a project layer must make; it returns the output."""


def _size_before(network: Sequence[Layer], size: Size) -> Size:
    """The smallest size from which these layers make at least `size`."""
    for layer in reversed(network):
        if layer.layer == "depth_to_space":
            size = -(-size[0] // layer.block), -(-size[1] // layer.block)
        elif layer.layer == "conv_transposed":
            size = -(-size[0] // layer.stride[0]), -(-size[1] // layer.stride[1])
        elif layer.layer == "conv":
            size = size[0] * layer.stride[0], size[1] * layer.stride[1]
    return size
