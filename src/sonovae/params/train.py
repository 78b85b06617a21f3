"""The section of train: the autoencoder and how it learns."""

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from sonovae.params.layers import Layers, Project, Rearrange, Residual, ThereLayers
from sonovae.params.rules import STRICT, Count, NotNegative, Positive, Seed


@dataclass(frozen=True, config=STRICT)
class Train:
    """The autoencoder, the terms of its loss, and how it learns."""

    seed: Seed
    threads: Count  # of TensorFlow; a part of the result, as the last digits depend on it
    reproducible: bool  # equal bytes from equal runs
    initialization: Literal[
        "random", "pca"
    ]  # of the weights; pca: at the linear model that is likeliest
    latent_size: Count
    encoder: ThereLayers
    decoder: Layers
    prior: Literal["none", "normal", "mixture"]  # none: a plain autoencoder
    components: Annotated[int, Field(ge=2)] | None  # Gaussians of a mixture; null elsewhere
    reconstruction: Literal["mse", "bernoulli", "gaussian"]  # a pixel, and nats a clip
    reconstruction_weight: NotNegative
    kl: Literal["sum", "mean"]  # over the dimensions: nats a clip, nats a dimension
    kl_weight: NotNegative  # of no effect where prior is none
    kl_warmup_epochs: Annotated[int, Field(ge=0)]  # over which kl_weight rises from 0
    free_bits: NotNegative  # nats of each dimension's KL that cost nothing
    learning_rate: Positive  # of Adam, at its highest
    dense_learning_rate: (
        Positive | None
    )  # the same for the dense layers beside z; null: learning_rate
    warmup_batches: Annotated[int, Field(ge=0)]  # over which both rise from 0
    schedule: Literal[
        "constant", "cosine"
    ]  # after that; cosine: they fall to 0 at the end of epochs
    time_warp: Annotated[
        float, Field(ge=0, lt=0.25)
    ]  # share of a clip by which its middle moves at most
    clip_norm: Positive | None  # of all gradients together; null: as they are
    batch_size: Count
    epochs: Count
    patience: Count | None  # epochs without a lower validation loss that end it; null: none do
    snapshots: tuple[Count, ...]  # epochs whose weights are kept, too

    @model_validator(mode="after")
    def _projects_once(self) -> "Train":
        kinds = [layer.layer for layer in self.decoder]
        inner = [kind for kind in kinds if kind != "dense"]
        if (
            kinds.count("project") != 1
            or inner[0] != "project"
            or "dense" in kinds[kinds.index("project") :]
        ):
            raise ValueError(
                f"decoder = {', '.join(kinds)}: it must hold one project, and before it dense layers alone"
            )
        return self

    @model_validator(mode="after")
    def _begins(self) -> "Train":
        """From pca only networks that are linear at first, and whose pixels are numbers beside z."""
        blocks = {
            layer.block for layer in (*self.encoder, *self.decoder) if isinstance(layer, Rearrange)
        }
        there, back = (
            [layer.layer for layer in side if not isinstance(layer, Residual)]
            for side in (self.encoder, self.decoder)
        )
        fits = (there, back, len(blocks)) == (["space_to_depth"], ["project", "depth_to_space"], 1)
        project = next(layer for layer in self.decoder if isinstance(layer, Project))
        if self.initialization == "pca" and not (fits and project.activation == "linear"):
            raise ValueError(
                "initialization = pca needs an encoder of space_to_depth and residual layers, and a decoder of a linear"
                " project, residual layers and depth_to_space with the same block, and not"
                f" {', '.join(there)} and {', '.join(back)}, with a {project.activation} project: set it to random"
            )
        return self

    @model_validator(mode="after")
    def _agrees(self) -> "Train":
        if (self.prior == "mixture") != (self.components is not None):
            raise ValueError(
                "components must be a number where prior is mixture, and null elsewhere"
            )
        if self.free_bits and self.prior != "normal":
            raise ValueError(
                f"free_bits = {self.free_bits:g} needs prior = normal, whose KL is a sum over dimensions"
            )
        if late := [epoch for epoch in self.snapshots if epoch > self.epochs]:
            raise ValueError(f"snapshots holds {late[0]}, and epochs = {self.epochs}")
        activations = [
            getattr(layer, "activation", "linear")
            for layer in self.decoder
            if hasattr(layer, "filters")
        ]
        if self.reconstruction == "bernoulli" and activations[-1] != "sigmoid":
            raise ValueError(
                f"reconstruction = bernoulli needs a decoder that ends in sigmoid, not {activations[-1]}"
            )
        return self
