"""The section `prior`: the distribution of z that is learned after the training."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from sonovae.params.rules import STRICT, Count, CountOrZero, NotNegative, Positive, Seed, Share


@dataclass(frozen=True, config=STRICT)
class Flow:
    """Flow matching: a transformer that turns noise to latents step by step."""

    layers: Count
    width: Count  # numbers for each latent frame within the network
    heads: Count  # of attention, which divide the width
    label_dropout: Share  # of clips whose label is hidden, for guidance
    group_dropout: Share  # of clips whose group is hidden
    learning_rate: Positive  # of Adam, at its highest; it rises and falls to 0
    batch_size: Count
    epochs: Count
    patience: Annotated[int, Field(ge=1)] | None  # epochs without a lower held-out loss

    def __post_init__(self) -> None:
        if self.width % (2 * self.heads):
            raise ValueError(
                f"width = {self.width} must be a multiple of twice the heads = {self.heads}"
            )


@dataclass(frozen=True, config=STRICT)
class Adversarial:
    """Fine-tuning of the decoder against critics, on reconstructions and draws of the prior."""

    epochs: CountOrZero  # 0: the decoder stays as it was trained
    steps: Count  # batches in an epoch, after each of which the decoder is measured
    draws: Annotated[int, Field(ge=16)]  # of the prior, which the decoder learns from
    guidance: Positive  # of these draws, as generate.guidance
    batch_size: Annotated[int, Field(ge=4, multiple_of=2)]  # half of it draws
    learning_rate: Positive  # of Adam, at first
    reconstruction_weight: NotNegative  # of the mean squared error over 0.001
    adversarial_weight: NotNegative  # of the critics' verdict
    feature_weight: NotNegative  # of the difference of the critics' features


@dataclass(frozen=True, config=STRICT)
class Prior:
    """Kind of distribution from which the z of new sounds are drawn, and the decoder's texture."""

    seed: Seed
    threads: Count  # of TensorFlow
    group: str | None  # column of recordings.csv with the voices; null: none
    kind: Literal["mixture", "flow"]  # Gaussians by label, or a flow over sequences
    flow: Flow  # of no effect for a mixture
    adversarial: Adversarial  # of no effect for a mixture

    @property
    def has_texture(self) -> bool:
        """Whether the decoder is fine-tuned on the flow's draws."""
        return self.kind == "flow" and self.adversarial.epochs > 0
