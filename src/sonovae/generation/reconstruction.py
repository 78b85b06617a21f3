"""Recordings as a model restores them."""

import math
from dataclasses import dataclass
from pathlib import Path

from sonovae.arrays import Item, Latents
from sonovae.codec.base import Codec, Excerpt
from sonovae.errors import Unreadable, UserError
from sonovae.generation.transcoder import Transcoder


@dataclass(frozen=True)
class Reconstruction:
    """A file as the codec reads it, as the model restores it, and z [1, latent_size]."""

    original: Item
    restored: Item
    z: Latents


def read(codec: Codec, source: Path, most_seconds: float = math.inf) -> Excerpt:
    """Read a file, or its first seconds, as items; UserError if it holds no sound or image."""
    try:
        return codec.read(source, most_seconds)
    except Unreadable as error:
        raise UserError(f"{source}: {error}") from None


def read_whole(codec: Codec, source: Path) -> Excerpt:
    """Read a file as one item; UserError if it holds no sound or image."""
    try:
        return codec.read_whole(source)
    except Unreadable as error:
        raise UserError(f"{source}: {error}") from None


def compare(transcoder: Transcoder, source: Path, most_seconds: float) -> Reconstruction:
    """Reconstruct a file, or its first seconds, and return it with the original."""
    codec = transcoder.codec
    excerpt = read(codec, source, most_seconds)
    pictures, scales = codec.encode_items(excerpt.items, excerpt.gain)
    z = transcoder.encode(pictures).mean
    decoded = list(transcoder.invert(transcoder.decode(z), scales))

    # The file was levelled as a whole, so one gain undoes it for all clips.
    def whole(items: list[Item]) -> Item:
        joined = codec.join(items)[0][: excerpt.length]
        return codec.restore_level(joined, scales[0])

    return Reconstruction(whole(excerpt.items), whole(decoded), z[:1])
