"""The section of preprocess: from recordings to pictures in [0, 1], and their split."""

from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np
from pydantic import Discriminator, Field, Tag, model_validator
from pydantic.dataclasses import dataclass

from sonovae.params.rules import STRICT, Count, Decibels, Limit, Positive, Seed, Selection

WINDOWS = {"rectangular": "boxcar", "triangular": "triang", "hann": "hann", "hamming": "hamming"}
"""The window's name here → its name in scipy."""


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
    fade_seconds: Annotated[
        float, Field(ge=0)
    ]  # in which a clip rises or falls where it was cut off; 0: nowhere
    rest: Literal[
        "drop", "pad"
    ]  # what is shorter than a clip: dropped, or zero-padded on the right
    max_clips: Count | None  # the first of each recording; null: all

    @property
    def clip_length(self) -> int:
        """Samples of a clip."""
        return round(self.clip_seconds * self.sample_rate)

    @property
    def fade_length(self) -> int:
        """Samples in which it rises or falls."""
        return round(self.fade_seconds * self.sample_rate)

    @model_validator(mode="after")
    def _fades(self) -> "Waveform":
        if self.fade_seconds > self.clip_seconds / 2:
            raise ValueError(f"fade_seconds = {self.fade_seconds:g} must be at most half of a clip")
        return self


@dataclass(frozen=True, config=STRICT)
class Spectrogram:
    """The short-time Fourier transform, lengths in samples, its bins or mel bands, and the scale of its magnitudes."""

    n_fft: Annotated[int, Field(ge=16, multiple_of=2)]
    win_length: Annotated[int, Field(ge=2)]
    hop_length: Count
    window: Literal["rectangular", "triangular", "hann", "hamming"]
    mel_bands: Count | None  # in which the bins' energies are added up; null: the bins themselves
    scale: Literal["magnitude", "db"]
    dynamic_range_db: (
        Positive | None
    )  # dB below the loudest value that are kept; null where scale is magnitude

    @property
    def bins(self) -> int:
        """Rows of the spectrogram."""
        return self.mel_bands or self.n_fft // 2 + 1

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
            raise ValueError(
                "dynamic_range_db must be a number where scale is db, and null where it is magnitude"
            )
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
    """The part of the spectrogram, or of the image, that the model sees, and how it comes to lie in [0, 1]."""

    bins: Count | None  # the lowest; the others come back as zeros; null: all
    frames: (
        Count | None
    )  # at least those of a clip, more are padding on the right; null: the clip's
    scaling: Literal[
        "clip", "dataset", "pixel", "fixed"
    ]  # limits of: each clip, the training split, each of its pixels
    range: (
        tuple[float, float] | None
    )  # the limits where scaling is fixed, in the spectrogram's unit
    size: tuple[Count, Count] | None  # rows and columns it is resized to at last; null: as it is
    interpolation: (
        Literal["nearest", "bilinear", "bicubic", "lanczos"] | None
    )  # where size is given

    @model_validator(mode="after")
    def _complete(self) -> "Picture":
        if (self.scaling == "fixed") != (self.range is not None):
            raise ValueError(
                "range must be [lowest, highest] where scaling is fixed, and null elsewhere"
            )
        if self.range is not None and self.range[0] >= self.range[1]:
            raise ValueError(f"range = [{self.range[0]:g}, {self.range[1]:g}] must rise")
        if (self.size is None) != (self.interpolation is None):
            raise ValueError("size and interpolation must both be given, or both be null")
        return self


def _kind_of_side(side: object) -> str:
    return "names" if isinstance(side, Mapping) else "share"


Side = Annotated[
    Annotated[float, Field(gt=0, lt=1), Tag("share")] | Annotated[Selection, Tag("names")],
    Discriminator(_kind_of_side),
]


@dataclass(frozen=True, config=STRICT)
class Split:
    """Which groups go to validation and test, as a share of them or named by columns; the rest trains."""

    seed: Seed
    block_seconds: (
        Positive | None
    )  # each such stretch of a recording is a group of its own; null: what fetch says
    validation: Side
    test: Side

    @model_validator(mode="after")
    def _leaves_training(self) -> "Split":
        both = sum(share for share in (self.validation, self.test) if isinstance(share, float))
        if both >= 1:
            raise ValueError(f"validation + test = {both:g} must be less than 1")
        return self


@dataclass(frozen=True, config=STRICT)
class Preprocess:
    """From recordings to pictures; an image needs no waveform and no spectrogram."""

    waveform: Waveform | None
    spectrogram: Spectrogram | None
    picture: Picture
    dtype: Literal[
        "float32", "float16"
    ]  # of the picture array; float16 takes half of the room, and rounds by 2^-12
    limit: Limit | None  # of the training split's clips, in the order of the table
    split: Split

    @model_validator(mode="after")
    def _fits(self) -> "Preprocess":
        if (self.waveform is None) != (self.spectrogram is None):
            raise ValueError(
                "waveform and spectrogram must both be given (sounds), or both be null (images)"
            )
        if self.waveform and self.spectrogram:
            self._fits_sound(self.waveform, self.spectrogram)
        elif self.picture.size is None or self.picture.scaling != "fixed":
            raise ValueError(
                "images need picture.size, and picture.scaling = fixed with range [0, 1]"
            )
        elif self.picture.bins or self.picture.frames or self.split.block_seconds:
            raise ValueError("images have no bins, frames and seconds: these must be null")
        return self

    def _fits_sound(self, waveform: Waveform, spectrogram: Spectrogram) -> None:
        if spectrogram.mel_bands and waveform.sample_rate / spectrogram.n_fft > _band_width(
            spectrogram, waveform
        ):
            raise ValueError(
                f"spectrogram.mel_bands = {spectrogram.mel_bands}: the lowest are narrower than a bin at n_fft ="
                f" {spectrogram.n_fft}, and some empty: take fewer, or a longer n_fft"
            )
        frames = 1 + waveform.clip_length // spectrogram.hop_length
        if self.picture.bins and self.picture.bins > spectrogram.bins:
            bins = (
                f"mel_bands = {spectrogram.bins}"
                if spectrogram.mel_bands
                else f"n_fft / 2 + 1 = {spectrogram.bins}"
            )
            raise ValueError(f"picture.bins = {self.picture.bins} must be at most {bins}")
        if self.picture.frames and self.picture.frames < frames:
            raise ValueError(
                f"picture.frames = {self.picture.frames} must be at least the clip's {frames} frames"
                " (1 + clip_seconds · sample_rate / hop_length)"
            )
        if waveform.clip_length < spectrogram.win_length:
            raise ValueError(
                f"waveform.clip_seconds = {waveform.clip_seconds} must be at least a window,"
                f" {spectrogram.win_length / waveform.sample_rate:.3f} s"
            )


def _band_width(spectrogram: Spectrogram, waveform: Waveform) -> float:
    """Hz from edge to edge of the lowest mel bands. Slaney's mels are 200/3 Hz apart up to 1 kHz, and then a factor of
    6.4 in 27 steps."""
    top = waveform.sample_rate / 2
    mels = top * 3 / 200 if top < 1000 else 15 + 27 * np.log(top / 1000) / np.log(6.4)
    return float(2 * 200 / 3 * mels / ((spectrogram.mel_bands or 1) + 1))
