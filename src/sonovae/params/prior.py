"""The section `prior`: the distribution of z that is learned after the training."""

from typing import Literal

from pydantic.dataclasses import dataclass

from sonovae.params.rules import STRICT, Count, Seed


@dataclass(frozen=True, config=STRICT)
class Prior:
    """Kind of distribution from which the z of new sounds are drawn."""

    seed: Seed
    threads: Count  # of TensorFlow
    kind: Literal["mixture"]  # Gaussians by label
