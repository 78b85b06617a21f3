"""The codec of images, which are pictures already: only scaled and resized."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, final

import numpy as np

from sonovae.arrays import Floats32, Item, Picture, Spectrogram
from sonovae.codec import image_files, picture
from sonovae.codec.base import Codec, Excerpt
from sonovae.codec.scaling import Scale
from sonovae.params.sections import GriffinLim

EMBEDDED = (16, 16)
"""Rows and columns to which an image is embedded: enough for its coarse shape."""


def analyse(item: Item) -> Spectrogram:
    """Return an image [rows, columns] as it is."""
    return item


@final
@dataclass(frozen=True)
class ImageCodec(Codec):
    """Image ↔ picture."""

    kind: ClassVar[str] = "image"
    suffix: ClassVar[str] = ".png"
    media_type: ClassVar[str] = "image/png"

    @property
    def full_shape(self) -> tuple[int, int]:
        """Rows and columns of a picture; an image has a size of its own."""
        return self.picture.size or (0, 0)

    def analyse(self, item: Item) -> Spectrogram:
        """Return an image [rows, columns] as it is."""
        return analyse(item)

    def decode(
        self,
        pictures: Iterable[Picture],
        scales: Iterable[Scale],
        griffin_lim: GriffinLim,
        seed: int,
    ) -> Iterator[Item]:
        """Return pictures [rows, columns] as they are."""
        return iter(pictures)

    def restore_level(self, item: Item, scale: Scale) -> Item:
        """Return an image [rows, columns] as it is."""
        return item

    def join(self, items: list[Item]) -> list[Item]:
        """Return images [rows, columns] as they are."""
        return items

    def embed(self, pictures: Iterable[Picture], scales: Iterable[Scale]) -> Floats32:
        """Pixels of images resized to `EMBEDDED`, [N, 256]."""
        clipped = (np.clip(image, 0, 1).astype(np.float32) for image in pictures)
        return np.stack([picture.resize(c, EMBEDDED, "bilinear").reshape(-1) for c in clipped])

    def noise(self, rng: np.random.Generator) -> Item:
        """Independent pixels, uniform in [0, 1]."""
        return rng.random(self.shape, np.float32)

    def read(self, path: Path, most_seconds: float) -> Excerpt:
        """Read the first image of a file."""
        images = image_files.read(path)
        return Excerpt(images[:1], gain=1.0, length=None)

    def write(self, path: Path, item: Item, comment: str = "") -> None:
        """Write an image [rows, columns] in [0, 1] as PNG."""
        image_files.write(path, item, comment)
