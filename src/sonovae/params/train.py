"""The section `train`: the autoencoder and how it is trained."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from sonovae.params.layers import EncoderLayers, Layers, Project, Rearrange, Residual
from sonovae.params.rules import (
    STRICT,
    Count,
    CountOrZero,
    NotNegative,
    Positive,
    Seed,
)


@dataclass(frozen=True, config=STRICT)
class Sequence:
    """Network over time, whose z is a sequence of latent frames; see model/sequence_networks.py."""

    halvings: Annotated[int, Field(ge=1, le=6)]  # a latent frame is 2^halvings frames
    filters: Count  # of each convolution over time
    maps: Count  # feature maps that the decoder ends in
    crop_frames: Count | None  # of random crops that it trains on; null: whole clips

    @property
    def frames(self) -> int:
        """Frames of a picture in a latent frame."""
        return 2**self.halvings

    def __post_init__(self) -> None:
        if self.crop_frames and self.crop_frames % self.frames:
            raise ValueError(
                f"crop_frames = {self.crop_frames} must be a multiple of 2^halvings ="
                f" {self.frames}, the frames of a latent frame"
            )


@dataclass(frozen=True, config=STRICT)
class Train:
    """The autoencoder, the terms of its loss, and how it is trained."""

    seed: Seed
    threads: Count  # of TensorFlow; others change the last digits
    reproducible: bool  # equal bytes from equal runs
    initialization: Literal["random", "pca"]  # pca: the likeliest linear model
    latent_size: Count  # of a sequence: in each latent frame
    sequence: Sequence | None  # null: z is a vector
    encoder: EncoderLayers | None  # null where sequence is given
    decoder: Layers | None  # null where sequence is given
    prior: Literal["none", "normal", "mixture"]  # none: a plain autoencoder
    components: Annotated[int, Field(ge=2)] | None  # of a mixture; else null
    reconstruction: Literal["mse", "bernoulli", "gaussian"]  # per pixel; nats
    reconstruction_weight: NotNegative
    kl: Literal["sum", "mean"]  # nats a clip, nats a dimension
    kl_weight: NotNegative  # of no effect where prior is none
    kl_warmup_epochs: CountOrZero  # over which kl_weight rises from 0
    free_bits: NotNegative  # nats a dimension that cost nothing
    learning_rate: Positive  # of Adam, at its highest
    dense_learning_rate: Positive | None  # of those next to z; null: the same
    warmup_batches: CountOrZero  # over which both rise from 0
    schedule: Literal["constant", "cosine"]  # after the warmup; cosine: to 0
    time_warp: Annotated[float, Field(ge=0, lt=0.25)]  # largest shift, share of a clip
    clip_norm: Positive | None  # of all gradients together; null: not clipped
    batch_size: Count
    epochs: Count
    patience: Count | None  # epochs without a lower validation loss; null: any
    snapshots: tuple[Count, ...]  # epochs whose weights are kept, too

    def __post_init__(self) -> None:
        if self.sequence:
            self._check_sequence()
        elif self.encoder is None or self.decoder is None:
            raise ValueError("encoder and decoder must be lists of layers where sequence is null")
        else:
            self._check_decoder(self.decoder)
            self._check_last(self.decoder)
            if self.initialization == "pca":
                self._check_pca(self.encoder, self.decoder)
        self._check_terms()

    def _check_sequence(self) -> None:
        if self.encoder is not None or self.decoder is not None:
            raise ValueError("encoder and decoder must be null where sequence is given")
        if self.initialization == "pca":
            raise ValueError("initialization = pca needs z to be a vector: set it to random")
        if self.prior == "mixture":
            raise ValueError("prior = mixture needs z to be a vector: set it to normal or none")
        if self.reconstruction == "bernoulli" or self.kl == "mean":
            raise ValueError(
                f"reconstruction = {self.reconstruction} and kl = {self.kl}: a sequence needs mse"
                " or gaussian, and kl = sum"
            )

    def _check_decoder(self, decoder: Layers) -> None:
        kinds = [layer.layer for layer in decoder]
        start = kinds.index("project") if "project" in kinds else len(kinds)
        before = set(kinds[:start])
        after = set(kinds[start + 1 :])
        if "project" not in kinds or before - {"dense"} or after & {"dense", "project"}:
            raise ValueError(
                f"decoder = {', '.join(kinds)}: it must hold one project, with only dense layers"
                " before it and none after it"
            )

    def _check_pca(self, there: Layers, back: Layers) -> None:
        # Residual layers add 0 at first, so they do not count.
        encoder = [layer.layer for layer in there if not isinstance(layer, Residual)]
        decoder = [layer.layer for layer in back if not isinstance(layer, Residual)]
        blocks = {layer.block for layer in (*there, *back) if isinstance(layer, Rearrange)}
        project = next(layer for layer in back if isinstance(layer, Project))
        if (
            encoder != ["space_to_depth"]
            or decoder != ["project", "depth_to_space"]
            or len(blocks) != 1
            or project.activation != "linear"
        ):
            raise ValueError(
                "initialization = pca needs an encoder of space_to_depth and residual layers, and a"
                " decoder of a linear project, residual layers and depth_to_space with the same"
                f" block, not {', '.join(encoder)} and {', '.join(decoder)} with a"
                f" {project.activation} project: set it to random"
            )

    def _check_terms(self) -> None:
        if (self.prior == "mixture") != (self.components is not None):
            raise ValueError("components must be a number where prior is mixture, else null")
        if self.free_bits and self.prior != "normal":
            raise ValueError(
                f"free_bits = {self.free_bits:g} needs prior = normal, whose KL is a sum over"
                f" dimensions, not {self.prior}: set it to 0"
            )
        late = [epoch for epoch in self.snapshots if epoch > self.epochs]
        if late:
            raise ValueError(
                f"snapshots holds {late[0]}: it must be at most epochs = {self.epochs}"
            )

    def _check_last(self, decoder: Layers) -> None:
        # The last layer with filters decides the range of pixels; a residual one is linear.
        last = [layer for layer in decoder if hasattr(layer, "filters")][-1]
        activation = getattr(last, "activation", "linear")
        if self.reconstruction == "bernoulli" and activation != "sigmoid":
            raise ValueError(
                "reconstruction = bernoulli needs a decoder that ends in sigmoid, not"
                f" {activation}: set the activation of its last layer"
            )
