"""What a picture is worth as a sound: its way back, analysed again as a recording would be; and log-mel embeddings."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonovae.arrays import Floats32, Item
from sonovae.codec.base import Codec
from sonovae.codec.scaling import Scale


@dataclass(frozen=True)
class Heard:
    """Pictures [N, bins, frames] as they are analysed, and their log-mel embedding [N, D]."""

    pictures: Floats32
    mel: NDArray[np.float32]

    def __getitem__(self, rows: NDArray[np.int64] | slice) -> "Heard":
        """Some of them."""
        return Heard(self.pictures[rows], self.mel[rows])


def known(codec: Codec, pictures: Iterable[Floats32], scales: Iterable[Scale]) -> Heard:
    """Return pictures that were analysed already, with their embedding by these scales."""
    stacked = np.stack(list(pictures))
    return Heard(stacked, codec.embed(stacked, scales))


def items(codec: Codec, heard: Iterable[Item]) -> Heard:
    """Return levelled items as preprocess would analyse them."""
    pictures, scales = codec.encode_items(heard, gain=1.0)
    return known(codec, pictures, scales)
