"""Sounds as preprocess would analyse them, with their log-mel embeddings."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from sonovae.arrays import Floats32, Indices, Item, Picture, Pictures
from sonovae.codec.base import Codec
from sonovae.codec.scaling import Scale


@dataclass(frozen=True)
class Heard:
    """Pictures [N, bins, frames] as they are analysed, and their log-mel embedding [N, D]."""

    pictures: Pictures
    mel: Floats32

    def __getitem__(self, rows: Indices) -> "Heard":
        """Choose rows."""
        return Heard(self.pictures[rows], self.mel[rows])


def known(codec: Codec, pictures: Iterable[Picture], scales: Iterable[Scale]) -> Heard:
    """Embed pictures [N, bins, frames] that were analysed already, by their scales."""
    stacked = np.stack(list(pictures))
    return Heard(stacked, codec.embed(stacked, scales))


def items(codec: Codec, heard: Iterable[Item]) -> Heard:
    """Analyse levelled items, such as samples [n] of a clip, and embed their pictures."""
    pictures, scales = codec.encode_items(heard, gain=1.0)
    return known(codec, pictures, scales)
