"""Batches of pictures in a given order, each clip warped and cropped so that none is memorised."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from sonovae.arrays import Indices
from sonovae.dataset.saved_dataset import Pictures
from sonovae.model import backend

AHEAD = 2
"""Batches that are read before they are asked for: the next one while one trains."""
MIDDLE = 0.25, 0.75
"""Range of the point that a warp moves, as a share of the clip: far enough from both ends."""


@dataclass(frozen=True)
class Warp:
    """Warp in time (Park et al. 2019, SpecAugment): a point in a clip's middle moves by at most the
    share `most` of its length, and the ends stay; `seed` is the training's and the epoch."""

    most: float
    seed: tuple[int, int]

    def frames(self, batch: int, size: int, length: int) -> Indices:
        """Return the frames to read of a batch's clips [size, length], each row rising."""
        rng = np.random.default_rng([*self.seed, batch])
        to = rng.uniform(*MIDDLE, size)
        point = to + rng.uniform(-self.most, self.most, size)
        whole = np.linspace(0, 1, length)
        shares = [np.interp(whole, [0, b, 1], [0, a, 1]) for a, b in zip(point, to, strict=True)]
        return np.rint(np.array(shares) * (length - 1)).astype(np.int64)


@dataclass(frozen=True)
class Crop:
    """Random crop of `length` frames; `seed` is the training's and the epoch."""

    length: int
    seed: tuple[int, int]

    def frames(self, batch: int, size: int, length: int) -> Indices:
        """Return the frames to read of a batch's clips [size, crop]."""
        # Another stream than the warp's, which may have the same seed.
        rng = np.random.default_rng([*self.seed, batch, self.length])
        starts = rng.integers(length - self.length + 1, size=size)
        return starts[:, np.newaxis] + np.arange(self.length)


class Batches(keras.utils.PyDataset, ABC):
    """Batches of the rows in `order`, from batch `first` on; each worker reads its share of one."""

    def __init__(self, order: Indices, size: int, first: int = 0) -> None:
        super().__init__()
        self.share, self.shares = backend.worker()
        self.size = size
        self.first = first
        # Workers wait for each other, so all must have as many rows.
        self.order = np.asarray(order)[: len(order) // self.shares * self.shares]

    def __len__(self) -> int:
        """Return the number of batches; the last may be smaller."""
        return -(-len(self.order) // self.size) - self.first

    def rows(self, i: int) -> Indices:
        """Return the row numbers of batch i, counted from the first."""
        start = (self.first + i) * self.size
        # Ascending, as they lie on disk.
        return np.sort(self.order[start : start + self.size])

    def own(self, rows: Indices) -> Indices:
        """Return the places in a batch's rows that this worker reads."""
        return np.split(np.arange(len(rows)), self.shares)[self.share]

    @abstractmethod
    def clips(self, i: int) -> Indices:
        """Return the rows of the clips table that batch i is made of."""

    @abstractmethod
    def __getitem__(self, i: int) -> Any:
        """Return this worker's share of batch i, as the model's input in a tuple."""


class PictureBatches(Batches):
    """Batches of pictures; each of `views` chooses frames of what the one before has left."""

    def __init__(
        self,
        pictures: Pictures,
        order: Indices,
        size: int,
        first: int = 0,
        views: Sequence[Warp | Crop] = (),
    ) -> None:
        super().__init__(order, size, first)
        self.pictures = pictures
        self.views = views

    def clips(self, i: int) -> Indices:
        """Return the rows of the clips table that batch i is made of."""
        return np.asarray(self.pictures.rows[self.rows(i)])

    def __getitem__(self, i: int) -> tuple[NDArray[np.float32]]:
        """Return this worker's share of batch i: pictures [N, bins, frames]."""
        rows = self.rows(i)
        own = self.own(rows)
        pictures = self.pictures[rows[own]]
        for view in self.views:
            # Drawn for the whole batch, so that the number of workers changes no clip.
            frames = view.frames(self.first + i, len(rows), pictures.shape[2])[own]
            pairs = zip(pictures, frames, strict=True)
            pictures = np.stack([np.take(clip, chosen, axis=1) for clip, chosen in pairs])
        return (pictures,)


def shuffled(count: int, size: int, key: tuple[int, int]) -> Indices:
    """Return the row numbers of whole batches in the random order of a seed and epoch."""
    order = np.random.default_rng(key).permutation(count)
    # Full batches only, as each size is compiled; other clips are left over in another epoch.
    return order[: count // size * size]


def feed(batches: Batches) -> Any:
    """Return batches as Keras' fit reads them: under TensorFlow a tf.data.Dataset."""
    if keras.backend.backend() != "tensorflow":
        return batches
    import tensorflow

    spec = tensorflow.TensorSpec
    kinds = keras.tree.map_structure(
        lambda array: spec((None, *array.shape[1:]), array.dtype), batches[0]
    )
    dataset = tensorflow.data.Dataset.from_generator(
        lambda: (batches[i] for i in range(len(batches))), output_signature=kinds
    )
    options = tensorflow.data.Options()
    # Keras' own dataset tunes itself in a thread that sleeps twice as long each time, and the end
    # of an epoch waits for it.
    options.autotune.enabled = False
    options.threading.private_threadpool_size = 1
    counted = dataset.apply(tensorflow.data.experimental.assert_cardinality(len(batches)))
    return counted.prefetch(AHEAD).with_options(options)
