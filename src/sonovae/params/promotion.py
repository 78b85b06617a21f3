"""The section `promotion`: which result is registered, and when it becomes the champion. No stage reads it."""

from typing import Annotated

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from sonovae.params.rules import STRICT, Share


@dataclass(frozen=True, config=STRICT)
class Gate:
    """Limits of a metric, one of them at least."""

    at_least: float | None
    at_most: float | None

    @model_validator(mode="after")
    def _says_something(self) -> "Gate":
        if self.at_least is None and self.at_most is None:
            raise ValueError("at_least and at_most are both null: give one, or delete the gate")
        return self


@dataclass(frozen=True, config=STRICT)
class Promotion:
    """Its name in the registry, limits of what stands in metrics.json, and the columns of clips.csv that decide."""

    model: Annotated[str, Field(pattern=r"^[\w-]+$")]
    gates: dict[str, Gate]  # by dotted name
    most_drift: Share | None  # of incoming recordings; null: no limit
    lower: Annotated[tuple[str, ...], Field(min_length=1)]  # in a new champion than in the old
