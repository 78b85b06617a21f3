"""Pictures by batches, in an order that is given; stretched in time, so that none is known by heart."""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from sonovae import backend
from sonovae.dataset import Pictures

Rows = NDArray[np.int64]
Some = NDArray[np.float32]
"""[n, bins, frames] of pictures."""


@dataclass(frozen=True)
class Stretch:
    """By how much each clip is stretched in time: a rate uniform in [1 − most, 1 + most] that seed and epoch decide."""

    most: float
    seed: tuple[int, int]

    def rates(self, batch: int, size: int) -> NDArray[np.float64]:
        """[size]: those of a batch's clips."""
        return np.random.default_rng([*self.seed, batch]).uniform(1 - self.most, 1 + self.most, size)


class Batches(keras.utils.PyDataset):
    """The rows in `order` from batch `first` on; of several workers each reads its share of a batch."""

    def __init__(
        self, pictures: Pictures, order: Sequence[int] | Rows, size: int, first: int = 0, stretch: Stretch | None = None
    ) -> None:
        super().__init__()
        self.share, self.shares = backend.worker()
        self.pictures, self.size, self.first, self.stretch = pictures, size, first, stretch
        self.order = np.asarray(order)[: len(order) // self.shares * self.shares]

    def __len__(self) -> int:
        """How many; the last may be smaller."""
        return -(-len(self.order) // self.size) - self.first

    def rows(self, i: int) -> Rows:
        """Those of batch i, counted from the first."""
        at = (self.first + i) * self.size
        return np.sort(self.order[at : at + self.size])

    def __getitem__(self, i: int) -> tuple[Some]:
        """This worker's share of batch i."""
        rows = self.rows(i)
        own = np.split(np.arange(len(rows)), self.shares)[self.share]
        found = self.pictures[rows[own]]
        return (stretched(found, self.stretch.rates(self.first + i, len(rows))[own]) if self.stretch else found,)


def stretched(pictures: Some, rates: NDArray[np.float64]) -> Some:
    """[n, bins, frames], each read from its beginning at its rate [n], the nearest frame each time; the last is held
    where there are no more."""
    frames = pictures.shape[2]
    read = np.rint(np.arange(frames) * rates[:, None]).astype(np.int64).clip(0, frames - 1)
    return np.take_along_axis(pictures, read[:, None, :], axis=2)
