"""params.yaml: a section for each stage, every hyperparameter with its unit, none with a default; and promotion."""

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic.dataclasses import dataclass

from sonovae.params.fetch import Fetch
from sonovae.params.judge import Judge
from sonovae.params.preprocess import Preprocess
from sonovae.params.promotion import Promotion
from sonovae.params.rules import STRICT, Count, InsidePath, NotNegative, Seed
from sonovae.params.train import Train


@dataclass(frozen=True, config=STRICT)
class GriffinLim:
    """The way back from magnitude to waveform."""

    iterations: Count
    momentum: Annotated[float, Field(ge=0, lt=1)]


@dataclass(frozen=True, config=STRICT)
class Scoring:
    """How generated sounds and their controls are scored."""

    sounds: Annotated[int, Field(ge=10)]  # of each set; the test split's where that has fewer
    neighbours: Count  # that make the ball around a sound: precision, recall, density, coverage
    bins: Annotated[int, Field(ge=2)]  # of the training clips' embedding, whose shares are compared
    resamples: Annotated[int, Field(ge=20)]  # of the groups, for intervals


@dataclass(frozen=True, config=STRICT)
class Shown:
    """Which clips are seen and played beside their reconstructions."""

    split: Literal["train", "validation", "test"]
    draw: Literal["first", "random"]
    count: Count
    names: (
        Annotated[tuple[str, ...], Field(min_length=1)] | None
    )  # of recordings, whose clips they are instead


@dataclass(frozen=True, config=STRICT)
class Evaluate:
    """Which clips are shown, recordings that were never in the dataset, how sounds are scored, maps of the latent
    space, and the way back to sound."""

    seed: Seed
    shown: Shown
    unseen: InsidePath  # a folder of recordings that are reconstructed, too
    scoring: Scoring
    maps: Annotated[tuple[Literal["pca", "tsne", "umap"], ...], Field(min_length=1)]
    map_clips: Annotated[int, Field(ge=10)]  # drawn from all splits where there are more
    griffin_lim: GriffinLim


PLACES: dict[str, tuple[Callable[[int], bool], str]] = {
    "prior": (lambda n: n == 0, "none"),
    "density": (lambda n: n == 0, "none"),
    "clip": (lambda n: n == 1, "one label or recording, which is varied"),
    "between": (lambda n: n >= 2, "two labels or recordings, or more"),
    "walk": (lambda n: n != 1, "two labels or recordings, or more, or none, and they are drawn"),
}
"""How many labels and recordings each source takes, and in words."""


def _as_text(label: object) -> object:
    return str(label) if isinstance(label, int) and not isinstance(label, bool) else label


@dataclass(frozen=True, config=STRICT)
class Generate:
    """How many new sounds, where z is drawn from, and the way back to sound."""

    seed: Seed
    sounds: Count
    source: Annotated[Literal["prior", "density", "clip", "between", "walk"], Field(alias="from")]
    of: tuple[
        Annotated[str, BeforeValidator(_as_text)], ...
    ]  # labels, or recordings by name: what it leads around
    path: Literal["spherical", "straight"]  # from one of them to the next
    temperature: NotNegative  # of draws from prior and density: 0 is the middle of each Gaussian
    label: (
        Annotated[str, BeforeValidator(_as_text)] | None
    )  # null: from the source; else this label's part of density
    label_scale: (
        NotNegative | None
    )  # around the label's mean instead, up to this far from it in each dimension
    griffin_lim: GriffinLim

    @model_validator(mode="after")
    def _has_places(self) -> "Generate":
        fits, said = PLACES[self.source]
        if not fits(len(self.of)):
            raise ValueError(f"from = {self.source} and of = {list(self.of)}: it takes {said}")
        if self.label is not None and self.source != "density":
            raise ValueError(
                f"from = {self.source} and label = {self.label}: a label is a part of density alone"
            )
        return self


@dataclass(frozen=True, config=STRICT)
class Params:
    """One whole experiment, a section for each stage; and which result of it is promoted."""

    fetch: Fetch
    preprocess: Preprocess
    train: Train
    judge: Judge
    evaluate: Evaluate
    generate: Generate
    promotion: Promotion

    @model_validator(mode="after")
    def _agree(self) -> "Params":
        if (self.fetch.kind == "image") != (self.preprocess.waveform is None):
            raise ValueError(
                f"fetch.kind = {self.fetch.kind}: preprocess.waveform and preprocess.spectrogram must be given for"
                " sound, and null for image"
            )
        if self.train.prior == "none" and self.generate.source == "prior":
            raise ValueError(
                "generate.from = prior, and train.prior = none has none: generate.from must be density"
            )
        return self
