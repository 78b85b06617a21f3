"""Layers of the encoder, the decoder and the judge."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic.dataclasses import dataclass

from sonovae.params.rules import STRICT, Count

Activation = Literal["linear", "relu", "sigmoid"]


@dataclass(frozen=True, config=STRICT)
class Conv:
    """Convolution, plain or transposed, then activation, then batch normalization if asked for."""

    layer: Literal["conv", "conv_transposed"]
    filters: Count
    kernel: Count
    stride: tuple[Count, Count]  # along frequency and time
    padding: Literal["same", "valid"]  # with zeros, or none
    activation: Activation
    batch_norm: bool


# He et al. 2016; the last convolution begins with zeros (Goyal et al. 2017, section 5.1).
@dataclass(frozen=True, config=STRICT)
class Residual:
    """x + f(x): f is a convolution with ReLU for each of `filters`, then one to x's channels."""

    layer: Literal["residual"]
    filters: Annotated[tuple[Count, ...], Field(min_length=1)]
    kernel: Count


@dataclass(frozen=True, config=STRICT)
class Rearrange:
    """Turn block×block pixels into block² channels (space_to_depth), or the inverse."""

    layer: Literal["space_to_depth", "depth_to_space"]
    block: Annotated[int, Field(ge=2)]


@dataclass(frozen=True, config=STRICT)
class Resample:
    """Average size×size pixels, dropping a rest at the edges, or repeat each pixel."""

    layer: Literal["average_pool", "upsample"]
    size: Annotated[int, Field(ge=2)]


@dataclass(frozen=True, config=STRICT)
class Dense:
    """Fully connected layer of `units` numbers."""

    layer: Literal["dense"]
    units: Count
    activation: Activation


@dataclass(frozen=True, config=STRICT)
class Project:
    """Dense layer from the decoder's numbers to pixels, which later layers enlarge to a picture."""

    layer: Literal["project"]
    filters: Count
    activation: Activation


Layer = Annotated[
    Conv | Residual | Rearrange | Resample | Dense | Project,
    Field(discriminator="layer"),
]
Layers = Annotated[tuple[Layer, ...], Field(min_length=1)]


def _leads_to_numbers(layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    kinds = [layer.layer for layer in layers]
    if "project" in kinds:
        raise ValueError("must not hold project, which belongs to the decoder")
    after_dense = kinds[kinds.index("dense") :] if "dense" in kinds else []
    if set(after_dense) - {"dense"}:
        raise ValueError(f"{', '.join(kinds)}: only dense layers may follow a dense layer")
    return layers


def _needs_no_averages(layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    if any(layer.layer == "conv" and layer.batch_norm for layer in layers):
        raise ValueError(
            "batch_norm must be false: its moving averages need thousands of batches to settle"
        )
    return layers


EncoderLayers = Annotated[Layers, AfterValidator(_leads_to_numbers)]
"""Layers that lead from pixels to numbers."""
JudgeLayers = Annotated[EncoderLayers, AfterValidator(_needs_no_averages)]
"""Layers of a classifier that may train for a few hundred batches only."""
