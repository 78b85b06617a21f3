"""The sections of params.yaml, one for each stage: every hyperparameter with its unit, none with a default."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from sonovae.params.layers import Layers
from sonovae.params.rules import STRICT, Count, Decibels, InsidePath, NotNegative, Pattern, Positive, Seed, Share

WINDOWS = {"rectangular": "boxcar", "triangular": "triang", "hann": "hann", "hamming": "hamming"}
"""The window's name here → its name in scipy."""


@dataclass(frozen=True, config=STRICT)
class Whistles:
    """The synthetic whistles: `whistlers` people whistle each melody `takes` times, about `seconds` long, at
    `sample_rate` Hz."""

    whistlers: Count
    takes: Count
    seconds: Annotated[float, Field(ge=1, le=600)]
    sample_rate: Annotated[int, Field(ge=8000, le=192000)]
    seed: Seed


@dataclass(frozen=True, config=STRICT)
class Table:
    """A CSV that came with the recordings: its `path` in their folder, and its columns for the file's `name`, the
    `label` and the `group`."""

    path: InsidePath
    name: str
    label: str
    group: str


@dataclass(frozen=True, config=STRICT)
class Fetch:
    """Where recordings come from, what they are called, and which are usable."""

    source: Literal["whistles", "folder"]
    folder: InsidePath
    pattern: Pattern | None
    table: Table | None
    min_recordings: Count
    max_skip_fraction: Share
    min_seconds: NotNegative  # seconds
    min_peak_dbfs: Decibels  # dB, 0 is full scale
    whistles: Whistles

    @model_validator(mode="after")
    def _one_source_of_labels(self) -> "Fetch":
        if self.pattern is not None and self.table is not None:
            raise ValueError("pattern and table both say what a recording's label is: one of them must be null")
        return self


@dataclass(frozen=True, config=STRICT)
class Silence:
    """Stretches of `min_seconds` whose RMS, once the recording is levelled, is at most `threshold_dbfs` are cut out."""

    min_seconds: Annotated[float, Field(ge=0.01)]
    threshold_dbfs: Decibels


@dataclass(frozen=True, config=STRICT)
class Waveform:
    """From a recording to equal clips of mono samples."""

    sample_rate: Annotated[int, Field(ge=1000, le=384000)]  # Hz
    peak_dbfs: Decibels | None  # each recording is scaled to this peak; null: left as it is
    silence: Silence | None
    clip_seconds: Positive
    rest: Literal["drop", "pad"]  # what is shorter than a clip: dropped, or zero-padded on the right

    @property
    def clip_length(self) -> int:
        """Samples of a clip."""
        return round(self.clip_seconds * self.sample_rate)


@dataclass(frozen=True, config=STRICT)
class Spectrogram:
    """The short-time Fourier transform, lengths in samples, and the scale of its magnitudes."""

    n_fft: Annotated[int, Field(ge=16, multiple_of=2)]
    win_length: Annotated[int, Field(ge=2)]
    hop_length: Count
    window: Literal["rectangular", "triangular", "hann", "hamming"]
    scale: Literal["magnitude", "db"]
    dynamic_range_db: Positive | None  # dB below the loudest value that are kept; null where scale is magnitude

    @model_validator(mode="after")
    def _invertible(self) -> "Spectrogram":
        if self.win_length > self.n_fft:
            raise ValueError(f"win_length = {self.win_length} must be at most n_fft = {self.n_fft}")
        if (overlap := self._overlap()) < 0.01:
            raise ValueError(
                f"hop_length = {self.hop_length} cannot be inverted with a {self.window} window of win_length ="
                f" {self.win_length}: its squared copies, a hop apart, must add up to at least 1 % of their"
                f" maximum everywhere (NOLA) and come to {overlap:.2g}: take a hop of"
                f" {max(1, self.win_length // 4)}, say"
            )
        if (self.scale == "db") != (self.dynamic_range_db is not None):
            raise ValueError("dynamic_range_db must be a number where scale is db, and null where it is magnitude")
        return self

    def _overlap(self) -> float:
        """Smallest over largest sum of squared windows a hop apart (the nonzero overlap-add constraint)."""
        if self.hop_length > self.win_length:
            return 0.0
        from scipy.signal import get_window

        square = get_window(WINDOWS[self.window], self.win_length) ** 2
        padded = np.pad(square, (0, -self.win_length % self.hop_length))
        total = padded.reshape(-1, self.hop_length).sum(axis=0)
        return float(total.min() / total.max())


@dataclass(frozen=True, config=STRICT)
class Picture:
    """The part of the spectrogram that the model sees, and how it comes to lie in [0, 1]."""

    bins: Count  # the lowest, of n_fft / 2 + 1; the others come back as zeros
    frames: Count  # at least those of a clip; more are padding on the right
    scaling: Literal["clip", "dataset"]  # the lowest and highest value: each clip's own, or the training split's


@dataclass(frozen=True, config=STRICT)
class Split:
    """Shares of the groups that go to validation and test; the rest trains."""

    seed: Seed
    validation: Annotated[float, Field(gt=0, lt=1)]
    test: Annotated[float, Field(gt=0, lt=1)]

    @model_validator(mode="after")
    def _leaves_training(self) -> "Split":
        if self.validation + self.test >= 1:
            raise ValueError(f"validation + test = {self.validation + self.test:g} must be less than 1")
        return self


@dataclass(frozen=True, config=STRICT)
class Preprocess:
    """From recordings to pictures."""

    waveform: Waveform
    spectrogram: Spectrogram
    picture: Picture
    split: Split

    @model_validator(mode="after")
    def _fits(self) -> "Preprocess":
        bins = self.spectrogram.n_fft // 2 + 1
        frames = 1 + self.waveform.clip_length // self.spectrogram.hop_length
        if self.picture.bins > bins:
            raise ValueError(f"picture.bins = {self.picture.bins} must be at most n_fft / 2 + 1 = {bins}")
        if self.picture.frames < frames:
            raise ValueError(
                f"picture.frames = {self.picture.frames} must be at least the clip's {frames} frames"
                " (1 + clip_seconds · sample_rate / hop_length)"
            )
        if self.waveform.clip_length < self.spectrogram.win_length:
            raise ValueError(
                f"waveform.clip_seconds = {self.waveform.clip_seconds} must be at least a window,"
                f" {self.spectrogram.win_length / self.waveform.sample_rate:.3f} s"
            )
        return self


@dataclass(frozen=True, config=STRICT)
class Train:
    """The variational autoencoder and how it learns."""

    seed: Seed
    threads: Count  # of TensorFlow; a part of the result, as the last digits depend on it
    latent_size: Count
    encoder: Layers
    decoder: Layers
    mse_weight: NotNegative  # of the mean squared error a pixel
    kl_weight: NotNegative  # of the KL divergence in nats a clip
    learning_rate: Positive  # of Adam
    batch_size: Count
    epochs: Count

    @model_validator(mode="after")
    def _projects_once(self) -> "Train":
        kinds = [layer.layer for layer in self.decoder]
        if kinds[0] != "project" or kinds.count("project") > 1:
            raise ValueError(f"decoder = {', '.join(kinds)}: it must begin with project, and hold no other")
        if "project" in [layer.layer for layer in self.encoder]:
            raise ValueError("encoder holds project, which is the decoder's first layer")
        return self


@dataclass(frozen=True, config=STRICT)
class GriffinLim:
    """The way back from magnitude to waveform."""

    iterations: Count
    momentum: Annotated[float, Field(ge=0, lt=1)]


@dataclass(frozen=True, config=STRICT)
class Evaluate:
    """How many clips of the test split are shown and played, and the way back to sound."""

    seed: Seed
    clips: Count
    griffin_lim: GriffinLim


@dataclass(frozen=True, config=STRICT)
class Generate:
    """How many new sounds, where z is drawn from, and the way back to sound."""

    seed: Seed
    sounds: Count
    source: Annotated[Literal["prior", "density"], Field(alias="from")]
    griffin_lim: GriffinLim


@dataclass(frozen=True, config=STRICT)
class Params:
    """One whole experiment, a section for each stage."""

    fetch: Fetch
    preprocess: Preprocess
    train: Train
    evaluate: Evaluate
    generate: Generate
