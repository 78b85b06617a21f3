"""Training: batches in an order that the seed and epoch decide, and the best weights by validation loss."""

import sys
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from sonovae.errors import UserError
from sonovae.params.train import Train
from sonovae.vae import VAE

OnEpoch = Callable[[int, dict[str, float]], None]


class Batches(keras.utils.PyDataset):
    """Full batches of pictures, in an order drawn from (seed, epoch).

    Only full ones, as XLA compiles each batch size anew; what an epoch leaves over, another takes.
    """

    def __init__(self, pictures: NDArray[np.float32], batch_size: int, seed: int) -> None:
        super().__init__()
        self.pictures, self.batch_size, self.seed, self.epoch = pictures, min(batch_size, len(pictures)), seed, 0
        self.order = self._permutation()

    def __len__(self) -> int:
        """Batches in an epoch."""
        return len(self.pictures) // self.batch_size

    def __getitem__(self, i: int) -> tuple[NDArray[np.float32]]:
        """Batch i of this epoch."""
        rows = self.order[i * self.batch_size : (i + 1) * self.batch_size]
        return (self.pictures[np.sort(rows)],)

    def on_epoch_end(self) -> None:
        """Draw the next epoch's order."""
        self.epoch += 1
        self.order = self._permutation()

    def _permutation(self) -> NDArray[np.int64]:
        return np.random.default_rng([self.seed, self.epoch]).permutation(len(self.pictures))


class _Report(keras.callbacks.Callback):
    """Tells each epoch's losses, and stops where they are no longer numbers."""

    def __init__(self, on_epoch: OnEpoch) -> None:
        super().__init__()
        self.on_epoch = on_epoch

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        losses = {name: float(value) for name, value in (logs or {}).items()}
        if not all(np.isfinite(value) for value in losses.values()):
            raise UserError(f"the loss is no longer a number in epoch {epoch + 1}: lower train.learning_rate")
        self.on_epoch(epoch + 1, losses)


def fit(
    vae: VAE, train: NDArray[np.float32], validation: NDArray[np.float32], p: Train, on_epoch: OnEpoch, best: Path
) -> None:
    """Train on pictures [N, bins, frames]; the weights of the lowest validation loss are kept in `best`, and loaded.

    Shows a progress bar on a terminal and a line an epoch elsewhere.
    """
    # XLA with a fixed number of threads gives the same bytes twice, which TensorFlow's own kernels do not.
    vae.compile(optimizer=keras.optimizers.Adam(p.learning_rate), jit_compile=True)
    keep = keras.callbacks.ModelCheckpoint(best, monitor="val_loss", save_best_only=True, save_weights_only=True)
    vae.fit(
        Batches(train, p.batch_size, p.seed),
        validation_data=(validation, None),
        validation_batch_size=p.batch_size,
        epochs=p.epochs,
        shuffle=False,
        verbose=1 if sys.stdout.isatty() else 2,
        callbacks=[_Report(on_epoch), keep],
    )
    vae.load_weights(best)
