"""The section `prior`: the distribution of z, learned after training."""

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from sonovae.params.rules import STRICT, Count, NotNegative, Positive, Share


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

    epochs: Count
    steps: Count  # batches in an epoch, after each of which the decoder is measured
    batch_size: Annotated[int, Field(ge=4, multiple_of=2)]  # half of it draws
    learning_rate: Positive  # of Adam, at first
    reconstruction_weight: NotNegative  # of the mean squared error over 0.001
    adversarial_weight: NotNegative  # of the critics' verdict
    feature_weight: NotNegative  # of the difference of the critics' features
