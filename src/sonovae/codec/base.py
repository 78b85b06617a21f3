"""The interface of codecs: item ↔ picture, for one set of parameters.

An item is what a model learns from: a clip's samples or an image. Callers never ask which. What
only sounds have (decibels, a duration) is None here, and SoundCodec gives it.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from sonovae import params
from sonovae.arrays import Floats32, Floats64, Item, Picture, Pictures, Spectrogram
from sonovae.codec import picture
from sonovae.codec.scaling import Scale
from sonovae.params.preprocess import Picture as PictureSettings
from sonovae.params.preprocess import Waveform as ClipSettings
from sonovae.params.sections import GriffinLim


@dataclass(frozen=True)
class Excerpt:
    """A file as a codec reads it: levelled items, and the gain that levelled them.

    `length` is the number of samples in all; None for images.
    """

    items: list[Item]
    gain: float
    length: int | None


@dataclass(frozen=True)
class Codec(ABC):
    """Parameters of the way to a picture and back; `typical` scales what never was a clip."""

    picture: PictureSettings
    typical: Scale

    kind: ClassVar[str]
    """Word for an item; file names begin with it."""
    suffix: ClassVar[str]
    """The extension of a file that holds an item."""
    media_type: ClassVar[str]
    """The type of such a file, as browsers name it."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of a picture."""
        return self.picture.size or self.full_shape

    @property
    @abstractmethod
    def full_shape(self) -> tuple[int, int]:
        """Rows and columns before the picture is resized."""

    @property
    def clip_settings(self) -> ClipSettings | None:
        """How a recording is cut into clips; None if each image of a file is an item."""
        return None

    @property
    def sample_rate(self) -> int | None:
        """Samples per second of an item."""
        return None

    @property
    def steps(self) -> tuple[int, int]:
        """Samples from one frame of a picture to the next, and in the window of a frame."""
        raise TypeError(f"a picture of an {self.kind} has no frames in time")

    @property
    def extent(self) -> tuple[float, float] | None:
        """Seconds that a picture spans, and its height in `unit`."""
        return None

    @property
    def unit(self) -> str:
        """Name of a picture's rows, for an axis."""
        return ""

    @property
    def dynamic_range(self) -> float | None:
        """Decibels below a clip's highest value that are kept; None keeps everything."""
        return None

    @abstractmethod
    def analyse(self, item: Item) -> Spectrogram:
        """Return what is scaled to a picture: a spectrogram [bins, frames], or the image itself."""

    def encode(self, values: Spectrogram, scale: Scale) -> Picture:
        """Scale and resize what `analyse` returned to a picture in [0, 1]."""
        return self._resize(self.encode_full(values, scale), self.shape)

    def encode_full(self, values: Spectrogram, scale: Scale) -> Picture:
        """Scale what `analyse` returned to [0, 1], without resizing."""
        return picture.scale(values, scale.low, scale.high)

    def encode_item(self, item: Item, gain: float) -> tuple[Picture, Scale]:
        """Encode an item at full level to a picture [rows, columns]; return its scale, too."""
        # Limits of its own count only if clips are scaled one by one.
        values = self.analyse(item)
        low, high = picture.limits(values, self.dynamic_range)
        scale = self.clip_scale(low, high, gain)
        return self.encode(values, scale), scale

    def encode_items(self, items: Iterable[Item], gain: float) -> tuple[Pictures, list[Scale]]:
        """Encode N levelled items that are not in the dataset to pictures [N, rows, columns]."""
        pictures = []
        scales = []
        for item in items:
            encoded, scale = self.encode_item(item, gain)
            pictures.append(encoded)
            scales.append(scale)
        return np.stack(pictures), scales

    def enlarge(self, small: Picture, shape: tuple[int, int]) -> Picture:
        """Resize a picture to its `shape` [rows, columns] before, as interpolation can."""
        return self._resize(np.clip(small, 0, 1).astype(np.float32), shape)

    @abstractmethod
    def decode(
        self,
        pictures: Iterable[Picture],
        scales: Iterable[Scale],
        griffin_lim: GriffinLim,
        seed: int,
    ) -> Iterator[Item]:
        """Invert pictures [rows, columns] to levelled items, in order; sounds on all cores."""

    @abstractmethod
    def restore_level(self, item: Item, scale: Scale) -> Item:
        """Undo the levelling of an item; the result is within ±1."""

    @abstractmethod
    def join(self, items: list[Item]) -> list[Item]:
        """Join clips [n] that overlap by half to one sound; images stay as they are."""

    @abstractmethod
    def embed(self, pictures: Iterable[Picture], scales: Iterable[Scale]) -> Floats32:
        """Fixed features [N, D] of pictures, learned from nothing."""

    @abstractmethod
    def noise(self, rng: np.random.Generator) -> Item:
        """White noise as an item, samples [n] or pixels [rows, columns]: the worst of controls."""

    def decibels(self, image: Picture, scale: Scale) -> Spectrogram | None:
        """The spectrogram [bins, frames] that a picture stands for."""
        return None

    def reanalysed_decibels(self, item: Item, scale: Scale) -> Spectrogram | None:
        """The spectrogram of a decoded item, comparable with `decibels`."""
        return None

    def spectral_convergence(self, image: Picture, scale: Scale, item: Item) -> float | None:
        """Decibels by which an item misses its picture's magnitudes."""
        return None

    def full_decibels(self, item: Item) -> Spectrogram | None:
        """Spectrogram [1 + n_fft / 2, frames] of an item, to be looked at."""
        return None

    def seconds(self, item: Item) -> float | None:
        """Duration of an item in seconds."""
        return None

    @abstractmethod
    def read(self, path: Path, most_seconds: float) -> Excerpt:
        """Read a file of any length as items that overlap by half; of images, the first.

        Raises Unreadable if the file holds no sound or no image.
        """

    def read_whole(self, path: Path) -> Excerpt:
        """Read a file as one item, of any length; of images, the first.

        Raises Unreadable if the file holds no sound or no image.
        """
        return self.read(path, math.inf)

    @abstractmethod
    def write(self, path: Path, item: Item, comment: str = "") -> None:
        """Write an item within ±1 as a file that also holds a comment."""

    def clip_scale(self, low: float, high: float, gain: float) -> Scale:
        """Scale of a clip with these limits."""
        if self.picture.scaling == "clip":
            return Scale(low, high, gain)
        return Scale(self.typical.low, self.typical.high, gain)

    def new_scales(self, gains: Floats64) -> list[Scale]:
        """Scales of what never was a clip, with these gains [N] of recordings."""
        return [replace(self.typical, gain=float(gain)) for gain in gains]

    def clip_scales(self, clips: pd.DataFrame) -> list[Scale]:
        """Scale of each row of a clips table."""
        return [self.clip_scale(*row) for row in clips[["low", "high", "gain"]].to_numpy(float)]

    def settings(self) -> dict[str, Any]:
        """Sections of the parameters that rebuild the codec, as plain data."""
        return {"picture": params.plain(self.picture)}

    def _resize(self, values: Picture, shape: tuple[int, int]) -> Picture:
        if self.picture.interpolation is None:
            return values
        return picture.resize(values, shape, self.picture.interpolation)
