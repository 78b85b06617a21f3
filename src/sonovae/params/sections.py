"""params.yaml as a whole: a section for each stage, and promotion; no key has a default."""

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic.dataclasses import dataclass

from sonovae.params.fetch import Fetch
from sonovae.params.judge import Judge
from sonovae.params.preprocess import Preprocess
from sonovae.params.prior import Prior
from sonovae.params.promotion import Promotion
from sonovae.params.rules import STRICT, Count, InsidePath, Names, NotNegative, Positive, Seed
from sonovae.params.train import Train


@dataclass(frozen=True, config=STRICT)
class GriffinLim:
    """The fast Griffin-Lim algorithm, which finds a waveform for magnitudes."""

    iterations: Count
    momentum: Annotated[float, Field(ge=0, lt=1)]


@dataclass(frozen=True, config=STRICT)
class Scoring:
    """How generated sounds and their controls are scored."""

    sounds: Annotated[int, Field(ge=10)]  # of each set, if the test split has so many
    training_sounds: Annotated[int, Field(ge=10)]  # that classifiers learn from, if there are
    identity: str | None  # column of recordings.csv with the voices; null: group
    neighbours: Count  # that span the ball around a sound
    bins: Annotated[int, Field(ge=2)]  # of the training clips' embedding
    resamples: Annotated[int, Field(ge=20)]  # of the groups, for intervals


@dataclass(frozen=True, config=STRICT)
class Shown:
    """Clips that are shown and played next to their reconstructions."""

    split: Literal["train", "validation", "test"]
    draw: Literal["first", "random"]
    count: Count
    names: Names | None  # of recordings, whose clips are shown instead


@dataclass(frozen=True, config=STRICT)
class Evaluate:
    """Clips to show, how sounds are scored, and maps of the latent space."""

    seed: Seed
    shown: Shown
    unseen: InsidePath  # folder of recordings outside the dataset
    scoring: Scoring
    maps: Annotated[tuple[Literal["pca", "tsne", "umap"], ...], Field(min_length=1)]
    map_clips: Annotated[int, Field(ge=10)]  # at most, drawn from all splits
    griffin_lim: GriffinLim


PLACES: dict[str, tuple[Callable[[int], bool], str]] = {
    "prior": (lambda n: n == 0, "no entries in generate.of"),
    "standard_normal": (lambda n: n == 0, "no entries in generate.of"),
    "clip": (lambda n: n == 1, "one entry in generate.of"),
    "between": (lambda n: n >= 2, "at least two entries in generate.of"),
    "walk": (lambda n: n != 1, "at least two entries in generate.of, or none"),
}
"""Numbers of labels and recordings that each source can use: as a rule, and in words."""


def _as_text(label: object) -> object:
    # YAML reads the label 7 as a number; true and false stay an error.
    return str(label) if isinstance(label, int) and not isinstance(label, bool) else label


Source = Literal["prior", "standard_normal", "clip", "between", "walk"]
Text = Annotated[str, BeforeValidator(_as_text)]


@dataclass(frozen=True, config=STRICT)
class Generate:
    """How many new sounds, where z comes from, and the inverse to sound."""

    seed: Seed
    sounds: Count
    source: Annotated[Source, Field(alias="from")]
    of: tuple[Text, ...]  # labels, or recordings by name, that z leads through
    path: Literal["spherical", "straight"]  # from one of them to the next
    temperature: NotNegative  # spread of draws; 0: the middle of a Gaussian, or of noise
    label: Text | None  # whose part of the prior is used; null: all
    label_scale: NotNegative | None  # largest distance from its mean
    group: Text | None  # voice that a flow draws; null: any
    seconds: Positive | None  # of a sound that a flow draws; null: a clip's
    steps: Count  # of a flow, from noise to z
    guidance: Positive  # of a flow: 1 as recordings, more is more typical of the label
    griffin_lim: GriffinLim

    def __post_init__(self) -> None:
        fits, needed = PLACES[self.source]
        if not fits(len(self.of)):
            raise ValueError(f"from = {self.source} needs {needed}; it has {len(self.of)}")
        if self.label is not None and self.source != "prior":
            raise ValueError(
                f"label = {self.label} needs generate.from = prior, not {self.source}:"
                " change it, or set the label to null"
            )
        if self.source != "prior" and (self.group is not None or self.seconds is not None):
            raise ValueError(
                f"group and seconds need generate.from = prior, not {self.source}: set them to null"
            )


@dataclass(frozen=True, config=STRICT)
class Params:
    """One whole experiment: a section for each stage, and which results are promoted."""

    fetch: Fetch
    preprocess: Preprocess
    train: Train
    prior: Prior
    judge: Judge
    evaluate: Evaluate
    generate: Generate
    promotion: Promotion

    def __post_init__(self) -> None:
        if (self.fetch.kind == "image") != (self.preprocess.waveform is None):
            raise ValueError(
                f"fetch.kind = {self.fetch.kind}: preprocess.waveform and"
                " preprocess.spectrogram must be given for sound, null for image"
            )
        if self.train.prior == "none" and self.generate.source == "standard_normal":
            raise ValueError(
                "generate.from = standard_normal needs a train.prior, which is none: set it to"
                " prior"
            )
        if self.prior.kind == "flow" and self.generate.label_scale is not None:
            raise ValueError(
                f"generate.label_scale = {self.generate.label_scale:g} needs prior.kind = mixture,"
                " whose labels have means: set it to null"
            )
        if self.prior.kind == "flow" and self.train.sequence is None:
            raise ValueError(
                "prior.kind = flow needs z that is a sequence: set train.sequence, or prior.kind to"
                " mixture"
            )
