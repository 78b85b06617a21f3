"""Image files ↔ grey pixels in [0, 1]: PNG, JPEG and whatever else Pillow reads, and gzipped IDX, as MNIST comes in."""

import gzip
import math
import zlib
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

from sonovae.errors import Unreadable

Images = NDArray[np.float32]

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp"}
FORMATS = ["PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP"]
UNSIGNED_BYTES = 8
"""IDX's code for the type of its numbers."""


def read(path: Path) -> list[Images]:
    """The images [rows, columns] of a file, of which an IDX file holds many; Unreadable where it is damaged."""
    if path.suffix.lower() not in SUFFIXES:
        return list(_read_idx(path, dimensions=3).astype(np.float32) / np.float32(255))
    try:
        with Image.open(path, formats=FORMATS) as image:
            return [_grey(image)]
    except (
        OSError,
        ValueError,
        SyntaxError,
        UnidentifiedImageError,
        Image.DecompressionBombError,
    ) as error:
        raise Unreadable(
            f"not an image that can be read: {error}".replace(str(path), "it")
        ) from None


def _grey(image: Image.Image) -> Images:
    """The pixels of whatever kind of image; 16 bits are not clipped to 8."""
    if image.mode == "F":
        raise Unreadable(
            "holds floating-point pixels, whose white is not known: save it with 8 or 16 bits"
        )
    if image.mode.startswith("I"):
        return np.asarray(image, np.float32) / np.float32(65535)
    return np.asarray(image.convert("L"), np.float32) / np.float32(255)


def write(path: Path, image: Images, comment: str = "") -> None:
    """The door back for one image: a PNG of 8 bits, equal bytes for equal pixels, with a comment."""
    said = PngInfo()
    if comment:
        said.add_text("Comment", comment)
    pixels = np.round(np.clip(image, 0, 1) * 255).astype(np.uint8)
    Image.fromarray(pixels).save(path, format="PNG", pnginfo=said)


def comment(path: Path) -> str:
    """That of a PNG; nothing where there is none, or no PNG."""
    try:
        with Image.open(path, formats=["PNG"]) as image:
            return str(image.info.get("Comment", ""))
    except (OSError, ValueError):
        return ""


def read_labels(path: Path) -> list[str]:
    """The labels in an IDX file, as text."""
    return [str(label) for label in _read_idx(path, dimensions=1)]


def labels_name(name: str) -> str:
    """The IDX file that would hold the labels of the images in `name`: train-labels-idx1-ubyte.gz, say; in a folder of
    its own name where they are. Nothing for an image file."""
    path = PurePosixPath(name)
    own_folder = path.parent.name == path.name
    last = path.name.replace("images", "labels").replace("idx3", "idx1")
    folder = path.parent.with_name(last) if own_folder else path.parent
    return "" if path.suffix.lower() in SUFFIXES else (folder / last).as_posix()


def _read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """LeCun's format: two zeros, the type, the number of dimensions, their sizes (big-endian), then the numbers."""
    try:
        data = path.read_bytes()
        data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    except (OSError, EOFError, zlib.error) as error:
        raise Unreadable(f"damaged: {error}") from None
    if data[:4] != bytes([0, 0, UNSIGNED_BYTES, dimensions]):
        raise Unreadable("neither an image nor an IDX file of images")
    head = 4 + 4 * dimensions
    sizes = [int.from_bytes(data[at : at + 4], "big") for at in range(4, head, 4)]
    numbers = np.frombuffer(data[head:], np.uint8)
    if len(data) < head or len(numbers) != math.prod(sizes):
        raise Unreadable(
            f"truncated, or too long: {len(numbers)} numbers are there, and it promises {sizes}"
        )
    if not len(numbers):
        raise Unreadable("holds no numbers")
    return numbers.reshape(sizes)
