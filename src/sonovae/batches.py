"""Pictures by batches, in an order that is given; some of them mixed with another, so that none is known by heart."""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from sonovae import backend
from sonovae.dataset import Pictures

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Mixup:
    """Which share of the clips is mixed with another of its batch, λ xᵢ + (1 − λ) xⱼ with λ uniform in [0, 1] (Zhang
    et al. 2018), and seed and epoch that decide all of this."""

    share: float
    seed: tuple[int, int]

    def draw(self, batch: int, size: int) -> tuple[NDArray[np.float32], Rows]:
        """[size]: λ of each clip of a batch, 1 where it stays as it is, and the place of the other in the batch."""
        rng = np.random.default_rng([*self.seed, batch])
        mixed = rng.random(size) < self.share
        return np.where(mixed, rng.random(size), 1.0).astype(np.float32), rng.permutation(size)


class Batches(keras.utils.PyDataset):
    """The rows in `order` from batch `first` on; of several workers each reads its share of a batch."""

    def __init__(
        self, pictures: Pictures, order: Sequence[int] | Rows, size: int, first: int = 0, mixup: Mixup | None = None
    ) -> None:
        super().__init__()
        self.share, self.shares = backend.worker()
        self.pictures, self.size, self.first, self.mixup = pictures, size, first, mixup
        self.order = np.asarray(order)[: len(order) // self.shares * self.shares]

    def __len__(self) -> int:
        """How many; the last may be smaller."""
        return -(-len(self.order) // self.size) - self.first

    def rows(self, i: int) -> Rows:
        """Those of batch i, counted from the first."""
        at = (self.first + i) * self.size
        return np.sort(self.order[at : at + self.size])

    def __getitem__(self, i: int) -> tuple[NDArray[np.float32]]:
        """This worker's share of batch i."""
        rows = self.rows(i)
        own = np.split(np.arange(len(rows)), self.shares)[self.share]
        if self.mixup is None:
            return (self.pictures[rows[own]],)
        weight, other = self.mixup.draw(self.first + i, len(rows))
        weight = weight[own, None, None]
        return (weight * self.pictures[rows[own]] + (1 - weight) * self.pictures[rows[other[own]]],)
