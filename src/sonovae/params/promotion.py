"""The section `promotion`: which result is registered, and which becomes the champion."""

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from sonovae.params.rules import STRICT, Names, Share


@dataclass(frozen=True, config=STRICT)
class Gate:
    """Limits of a metric, at least one of them."""

    at_least: float | None
    at_most: float | None

    def __post_init__(self) -> None:
        if self.at_least is None and self.at_most is None:
            raise ValueError("at_least and at_most are both null: give one, or delete the gate")


@dataclass(frozen=True, config=STRICT)
class Promotion:
    """The model's name in the registry, and rules for a version and a champion."""

    model: Annotated[str, Field(pattern=r"^[\w-]+$")]
    gates: dict[str, Gate]  # by the metric's dotted name in metrics.json
    most_drift: Share | None  # of incoming recordings; null: no limit
    reconstruction: Names  # columns of clips.csv, compared with the other result on common clips
    tolerance: Share  # by which each of them may be higher than the other's
