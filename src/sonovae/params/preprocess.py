"""The section `preprocess`: from recordings to pictures in [0, 1], and their split."""

from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np
from pydantic import Discriminator, Field, Tag
from pydantic.dataclasses import dataclass

from sonovae.params.rules import (
    STRICT,
    Count,
    Decibels,
    Limit,
    NotNegative,
    Positive,
    Seed,
    Selection,
)

WINDOWS = {
    "rectangular": "boxcar",
    "triangular": "triang",
    "hann": "hann",
    "hamming": "hamming",
}
"""SciPy's names of the windows."""
Interpolation = Literal["nearest", "bilinear", "bicubic", "lanczos"]
LEAST_OVERLAP = 0.01
"""Smallest share of the largest overlap at which an inverse is still numerically sound."""


@dataclass(frozen=True, config=STRICT)
class Silence:
    """Stretches to cut out of a recording, after it was scaled to its peak."""

    min_seconds: Annotated[float, Field(ge=0.01)]
    threshold_dbfs: Decibels  # RMS at most


@dataclass(frozen=True, config=STRICT)
class Waveform:
    """From a recording to clips of mono samples, all of one length."""

    sample_rate: Annotated[int, Field(ge=1000, le=384000)]  # Hz
    peak_dbfs: Decibels | None  # of each recording; null: unscaled
    silence: Silence | None
    clip_seconds: Positive
    fade_seconds: NotNegative  # where a clip was cut off, or its recording ends
    rest: Literal["drop", "pad"]  # after the last whole clip
    max_clips: Count | None  # the first of each recording; null: all

    @property
    def clip_length(self) -> int:
        """Length of a clip in samples."""
        return round(self.clip_seconds * self.sample_rate)

    @property
    def fade_length(self) -> int:
        """Length of a fade in samples."""
        return round(self.fade_seconds * self.sample_rate)

    def __post_init__(self) -> None:
        if self.fade_seconds > self.clip_seconds / 2:
            raise ValueError(f"fade_seconds = {self.fade_seconds:g} must be at most half of a clip")


@dataclass(frozen=True, config=STRICT)
class Spectrogram:
    """The short-time Fourier transform, its bins or mel bands, and the scale of its magnitudes."""

    n_fft: Annotated[int, Field(ge=16, multiple_of=2)]  # samples
    win_length: Annotated[int, Field(ge=2)]  # samples
    hop_length: Count  # samples
    window: Literal["rectangular", "triangular", "hann", "hamming"]
    mel_bands: Count | None  # null: the bins themselves
    scale: Literal["magnitude", "power", "db"]
    power: Annotated[float, Field(gt=0, lt=1)] | None  # of the magnitudes
    dynamic_range_db: Positive | None  # below the loudest value

    @property
    def bins(self) -> int:
        """Rows of the spectrogram."""
        return self.mel_bands or self.n_fft // 2 + 1

    def __post_init__(self) -> None:
        if self.win_length > self.n_fft:
            raise ValueError(f"win_length = {self.win_length} must be at most n_fft = {self.n_fft}")
        overlap = self._overlap()
        if overlap < LEAST_OVERLAP:
            raise ValueError(
                f"hop_length = {self.hop_length} cannot be inverted with a {self.window} window of"
                f" win_length = {self.win_length}: the sum of its squared copies must not fall"
                f" below {LEAST_OVERLAP} of its maximum (NOLA), and falls to {overlap:.2g}: use"
                f" {max(1, self.win_length // 4)}, for example"
            )
        if (self.scale == "power") != (self.power is not None):
            raise ValueError("power must be a number where scale is power, else null")
        if (self.scale == "db") != (self.dynamic_range_db is not None):
            raise ValueError("dynamic_range_db must be a number where scale is db, else null")

    def _overlap(self) -> float:
        """Return the smallest over the largest sum of squared windows a hop apart."""
        if self.hop_length > self.win_length:
            return 0.0
        from scipy.signal import get_window  # slow to import

        square = get_window(WINDOWS[self.window], self.win_length) ** 2
        padded = np.pad(square, (0, -self.win_length % self.hop_length))
        total = padded.reshape(-1, self.hop_length).sum(axis=0)
        return float(total.min() / total.max())


@dataclass(frozen=True, config=STRICT)
class Picture:
    """The part of a spectrogram or image that the model sees, and its scaling to [0, 1]."""

    bins: Count | None  # the lowest; null: all
    frames: Count | None  # more are padding; null: a clip's
    scaling: Literal["clip", "dataset", "pixel", "fixed"]  # whose limits become 0 and 1
    range: tuple[float, float] | None  # in dB, magnitudes or their powers
    size: tuple[Count, Count] | None  # rows, columns; null: not resized
    interpolation: Interpolation | None  # where size is given
    mask_row: bool  # one more row, which says where a padded clip's recording ends

    def __post_init__(self) -> None:
        if (self.scaling == "fixed") != (self.range is not None):
            raise ValueError("range must be [lowest, highest] where scaling is fixed, else null")
        if self.range is not None and self.range[0] >= self.range[1]:
            raise ValueError(f"range = [{self.range[0]:g}, {self.range[1]:g}] must rise")
        if (self.size is None) != (self.interpolation is None):
            raise ValueError("size and interpolation must both be given, or both be null")
        if self.mask_row and self.size is not None:
            raise ValueError("mask_row must be false where size is given: it is not resized")
        if self.mask_row and self.scaling == "pixel":
            raise ValueError("mask_row must be false where scaling is pixel: it has no limits")


def _kind_of_side(side: object) -> str:
    return "names" if isinstance(side, Mapping) else "share"


Side = Annotated[
    Annotated[float, Field(gt=0, lt=1), Tag("share")] | Annotated[Selection, Tag("names")],
    Discriminator(_kind_of_side),
]


@dataclass(frozen=True, config=STRICT)
class Split:
    """Groups of validation and test, as a share or by columns; all others are for training."""

    seed: Seed
    block_seconds: Positive | None  # of a group; null: fetch's groups
    validation: Side
    test: Side

    def __post_init__(self) -> None:
        both = sum(share for share in (self.validation, self.test) if isinstance(share, float))
        if both >= 1:
            raise ValueError(f"validation + test = {both:g} must be less than 1")


@dataclass(frozen=True, config=STRICT)
class Preprocess:
    """From recordings to pictures; an image has no waveform and no spectrogram."""

    waveform: Waveform | None
    spectrogram: Spectrogram | None
    picture: Picture
    dtype: Literal["float32", "float16"]  # float16 rounds by 2^-12
    limit: Limit | None  # of the training clips, in order
    split: Split

    @property
    def dynamic_range(self) -> float | None:
        """Decibels below a clip's highest value that are kept; None for all, and for images."""
        return self.spectrogram.dynamic_range_db if self.spectrogram else None

    def __post_init__(self) -> None:
        if (self.waveform is None) != (self.spectrogram is None):
            raise ValueError("waveform and spectrogram must be given for sounds, null for images")
        if self.waveform and self.spectrogram:
            self._fits_sound(self.waveform, self.spectrogram)
        elif self.picture.mask_row:
            raise ValueError("picture.mask_row must be false for images, which have no end")
        elif self.picture.size is None or self.picture.scaling != "fixed":
            raise ValueError("picture needs a size and scaling = fixed for images")
        elif self.picture.bins or self.picture.frames or self.split.block_seconds:
            raise ValueError(
                "picture.bins, picture.frames and split.block_seconds must be null for images"
            )

    def _fits_sound(self, waveform: Waveform, spectrogram: Spectrogram) -> None:
        bands = spectrogram.mel_bands
        bin_width = waveform.sample_rate / spectrogram.n_fft
        if bands and bin_width > _band_width(bands, waveform.sample_rate):
            raise ValueError(
                f"spectrogram.mel_bands = {bands}: the lowest are narrower than a bin at n_fft ="
                f" {spectrogram.n_fft}, and some empty: use fewer, or a longer n_fft"
            )
        bins = self.picture.bins
        if bins and bins > spectrogram.bins:
            limit = "mel_bands" if bands else "n_fft / 2 + 1"
            raise ValueError(f"picture.bins = {bins} must be at most {limit} = {spectrogram.bins}")
        frames = 1 + waveform.clip_length // spectrogram.hop_length
        if self.picture.frames and self.picture.frames < frames:
            raise ValueError(
                f"picture.frames = {self.picture.frames} must be at least the clip's {frames}"
                " frames (1 + clip_seconds · sample_rate / hop_length)"
            )
        window = spectrogram.win_length / waveform.sample_rate
        if waveform.clip_length < spectrogram.win_length:
            raise ValueError(
                f"waveform.clip_seconds = {waveform.clip_seconds} must be at least a window,"
                f" {window:.3f} s"
            )


def _band_width(mel_bands: int, sample_rate: int) -> float:
    """Return the width of the lowest mel bands in Hz, from edge to edge."""
    # Slaney's mels are 200/3 Hz apart up to 1 kHz, and then a factor of 6.4 in 27 steps.
    top = sample_rate / 2
    mels = top * 3 / 200 if top < 1000 else 15 + 27 * np.log(top / 1000) / np.log(6.4)
    return float(2 * 200 / 3 * mels / (mel_bands + 1))
