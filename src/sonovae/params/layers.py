"""The layers of which the encoder and the decoder are lists."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from sonovae.params.rules import STRICT, Count

Activation = Literal["linear", "relu", "sigmoid"]


@dataclass(frozen=True, config=STRICT)
class Conv:
    """Convolution, plain or transposed (`stride` times as many pixels), with zero padding, activation, then batch
    normalization if asked for; `stride` is that of frequency and of time."""

    layer: Literal["conv", "conv_transposed"]
    filters: Count
    kernel: Count
    stride: tuple[Count, Count]
    activation: Activation
    batch_norm: bool


@dataclass(frozen=True, config=STRICT)
class SpaceToDepth:
    """Each block×block pixels become block² channels of one pixel."""

    layer: Literal["space_to_depth"]
    block: Annotated[int, Field(ge=2)]


@dataclass(frozen=True, config=STRICT)
class DepthToSpace:
    """Each block² channels of a pixel become block×block pixels."""

    layer: Literal["depth_to_space"]
    block: Annotated[int, Field(ge=2)]


@dataclass(frozen=True, config=STRICT)
class Project:
    """The decoder's first layer: dense, from z to `filters` channels of as many pixels as the layers after it bring
    back to the picture's size."""

    layer: Literal["project"]
    filters: Count
    activation: Activation


Layer = Annotated[Conv | SpaceToDepth | DepthToSpace | Project, Field(discriminator="layer")]
Layers = Annotated[tuple[Layer, ...], Field(min_length=1)]
