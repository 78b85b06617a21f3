"""Pictures by batches, in an order that is given; warped in time, so that none is known by heart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from sonovae.dataset.saved_dataset import Pictures
from sonovae.model import backend

Rows = NDArray[np.int64]

AHEAD = 2
"""Batches that are read before they are asked for."""

MIDDLE = 0.25, 0.75
"""Of a clip, where the point lies that a warp moves."""


@dataclass(frozen=True)
class Warp:
    """How each clip is warped in time (Park et al. 2019, SpecAugment): a point in its middle moves by a share `most` of
    its length, at most, and its ends stay where they are; seed and epoch decide."""

    most: float
    seed: tuple[int, int]

    def frames(self, batch: int, size: int, length: int) -> Rows:
        """[size, length]: those that are read of a batch's clips; each row rises from 0 to the last."""
        rng = np.random.default_rng([*self.seed, batch])
        to = rng.uniform(*MIDDLE, size)
        point, whole = to + rng.uniform(-self.most, self.most, size), np.linspace(0, 1, length)
        shares = [np.interp(whole, [0, b, 1], [0, a, 1]) for a, b in zip(point, to, strict=True)]
        return np.rint(np.array(shares) * (length - 1)).astype(np.int64)


class Batches(keras.utils.PyDataset):
    """The rows in `order` from batch `first` on; of several workers each reads its share of a batch."""

    def __init__(
        self,
        pictures: Pictures,
        order: Sequence[int] | Rows,
        size: int,
        first: int = 0,
        warp: Warp | None = None,
    ) -> None:
        super().__init__()
        self.share, self.shares = backend.worker()
        self.pictures, self.size, self.first, self.warp = pictures, size, first, warp
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
        found = self.pictures[rows[own]]
        if self.warp:
            frames = self.warp.frames(self.first + i, len(rows), found.shape[2])[own]
            found = np.stack(
                [np.take(clip, each, axis=1) for clip, each in zip(found, frames, strict=True)]
            )
        return (found,)


def feed(batches: Batches) -> Any:
    """What Keras' fit reads: under TensorFlow a tf.data.Dataset that does not tune itself. The one that Keras makes of
    batches does, in a thread that sleeps twice as long each time, and an epoch's end waits for it."""
    if keras.backend.backend() != "tensorflow":
        return batches
    import tensorflow

    kinds = tuple(tensorflow.TensorSpec((None, *each.shape[1:]), each.dtype) for each in batches[0])
    found = tensorflow.data.Dataset.from_generator(
        lambda: (batches[i] for i in range(len(batches))), output_signature=kinds
    )
    options = tensorflow.data.Options()
    options.autotune.enabled = False
    options.threading.private_threadpool_size = 1
    known = found.apply(tensorflow.data.experimental.assert_cardinality(len(batches)))
    return known.prefetch(AHEAD).with_options(options)
