"""Image files ↔ grey pixels: PNG, JPEG and others that Pillow reads, and MNIST's gzipped IDX."""

import gzip
import math
import zlib
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from sonovae.arrays import Picture
from sonovae.errors import Unreadable

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp"}
"""Extensions of files that hold one image; any other file is read as IDX."""
FORMATS = ["PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP"]
"""Pillow's decoders that may run on a file from elsewhere."""
UNSIGNED_BYTES = 8
"""IDX's code for numbers of one unsigned byte."""


def read(path: Path) -> list[Picture]:
    """Read a file's images [rows, columns] in [0, 1]; raise Unreadable if it is damaged."""
    if path.suffix.lower() not in SUFFIXES:
        return list(_read_idx(path, dimensions=3).astype(np.float32) / np.float32(255))
    try:
        with Image.open(path, formats=FORMATS) as image:
            return [_grey(image)]
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        reason = f"not an image that can be read: {error}"
        raise Unreadable(reason.replace(str(path), "it")) from None


def _grey(image: Image.Image) -> Picture:
    if image.mode == "F":
        raise Unreadable(
            "holds floating-point pixels, whose white is not known: save it with 8 or 16 bits"
        )
    if image.mode.startswith("I"):
        # Pillow would clip 16 bits to 8.
        return np.asarray(image, np.float32) / np.float32(65535)
    return np.asarray(image.convert("L"), np.float32) / np.float32(255)


def write(path: Path, image: Picture, comment: str = "") -> None:
    """Write an image [rows, columns] in [0, 1] and a comment as PNG; equal input, equal bytes."""
    texts = PngInfo()
    if comment:
        texts.add_text("Comment", comment)
    pixels = np.round(np.clip(image, 0, 1) * 255).astype(np.uint8)
    Image.fromarray(pixels).save(path, format="PNG", pnginfo=texts)


def comment(path: Path) -> str:
    """Return the comment in a PNG; empty if it has none or is no PNG."""
    try:
        with Image.open(path, formats=["PNG"]) as image:
            return str(image.info.get("Comment", ""))
    except (OSError, ValueError):
        return ""


def read_labels(path: Path) -> list[str]:
    """Read the labels in an IDX file, as text."""
    return [str(label) for label in _read_idx(path, dimensions=1)]


def labels_name(name: str) -> str:
    """Return the IDX file that would hold the labels of an IDX file's images; "" for an image."""
    path = PurePosixPath(name)
    if path.suffix.lower() in SUFFIXES:
        return ""
    labels = path.name.replace("images", "labels").replace("idx3", "idx1")
    # Some archives of MNIST have each file in a folder of the file's name.
    if path.parent.name == path.name:
        return (path.parent.with_name(labels) / labels).as_posix()
    return (path.parent / labels).as_posix()


def _read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """Read LeCun's format: two zeros, type, number of dimensions, sizes (big-endian), numbers."""
    try:
        data = path.read_bytes()
        if data.startswith(b"\x1f\x8b"):
            data = gzip.decompress(data)
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
