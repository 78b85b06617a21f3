"""The layers of which the encoder and the decoder are lists."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic.dataclasses import dataclass

from sonovae.params.rules import STRICT, Count

Activation = Literal["linear", "relu", "sigmoid"]


@dataclass(frozen=True, config=STRICT)
class Conv:
    """Convolution, plain or transposed (`stride` times as many pixels), then activation, then batch normalization if
    asked for. `stride` is that of frequency and of time; `padding` is with zeros (same), or there is none (valid)."""

    layer: Literal["conv", "conv_transposed"]
    filters: Count
    kernel: Count
    stride: tuple[Count, Count]
    padding: Literal["same", "valid"]
    activation: Activation
    batch_norm: bool


@dataclass(frozen=True, config=STRICT)
class Residual:
    """What comes in, x, and what convolutions make of it, x + f(x): with ReLU of `filters` each, then one to as many
    channels as came in, which begins with zeros, so that at first x stays as it is (He et al. 2016; Goyal et al. 2017,
    section 5.1)."""

    layer: Literal["residual"]
    filters: Annotated[tuple[Count, ...], Field(min_length=1)]
    kernel: Count


@dataclass(frozen=True, config=STRICT)
class Rearrange:
    """Each block×block pixels become block² channels of one pixel (space_to_depth), or the other way round."""

    layer: Literal["space_to_depth", "depth_to_space"]
    block: Annotated[int, Field(ge=2)]


@dataclass(frozen=True, config=STRICT)
class Resample:
    """Each size×size pixels become their mean, what is left over at the edges being dropped (average_pool), or each
    pixel becomes size×size equal ones (upsample)."""

    layer: Literal["average_pool", "upsample"]
    size: Annotated[int, Field(ge=2)]


@dataclass(frozen=True, config=STRICT)
class Dense:
    """Every number in to each of `units` numbers out."""

    layer: Literal["dense"]
    units: Count
    activation: Activation


@dataclass(frozen=True, config=STRICT)
class Project:
    """The decoder's way from numbers to pixels: dense, to `filters` channels of as many pixels as the layers after it
    bring back to the picture's size."""

    layer: Literal["project"]
    filters: Count
    activation: Activation


Layer = Annotated[
    Conv | Residual | Rearrange | Resample | Dense | Project, Field(discriminator="layer")
]
Layers = Annotated[tuple[Layer, ...], Field(min_length=1)]


def _leads_to_numbers(layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    kinds = [layer.layer for layer in layers]
    if "project" in kinds:
        raise ValueError("it holds project, which is the decoder's")
    if "dense" in kinds and set(kinds[kinds.index("dense") :]) != {"dense"}:
        raise ValueError(f"{', '.join(kinds)}: after a dense layer there can be dense layers alone")
    return layers


ThereLayers = Annotated[Layers, AfterValidator(_leads_to_numbers)]
"""Those of a way from pixels to numbers."""
