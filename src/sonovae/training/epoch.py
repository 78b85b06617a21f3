"""One epoch of training, from its first batch or from a checkpoint within it."""

import time
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from sonovae.dataset.saved_dataset import Dataset
from sonovae.errors import UserError
from sonovae.model import backend
from sonovae.model.vae import VAE
from sonovae.params.train import Train
from sonovae.runtime.progress import bar
from sonovae.training.batches import Batches, Crop, Warp, feed
from sonovae.training.checkpoint import Checkpoints
from sonovae.training.state import Losses, State, Weights, pack, variables

MINUTES = 5
"""Time between checkpoints within an epoch, which is what a kill costs at most."""


class Epoch(keras.callbacks.Callback):
    """Epoch that shows progress, saves checkpoints, and stops when the loss is not finite."""

    def __init__(
        self,
        vae: VAE,
        train: Dataset,
        settings: Train,
        state: State,
        checkpoints: Checkpoints,
    ) -> None:
        super().__init__()
        self.vae = vae
        self.settings = settings
        self.state = state
        self.checkpoints = checkpoints
        self.values: Weights = []
        key = (settings.seed, state.epoch)
        clips = len(train.clips)
        size = min(settings.batch_size, clips)
        order = np.random.default_rng(key).permutation(clips)
        # Full batches only, as each size is compiled; other clips are left over in another epoch.
        order = order[: clips // size * size]
        views = _views(settings, key, train.pictures.shape[2])
        self.batches = Batches(train.pictures, order, size, first=state.batch, views=views)
        self.name = f"epoch {state.epoch + 1}"
        self.bar = bar(len(self.batches), f"{self.name}/{settings.epochs}", "batches")
        self.saved = time.monotonic()

    def run(self, validation: Dataset, values: Weights) -> Losses:
        """Train and validate, from a checkpoint's values if there are any; return the losses."""
        self.values = values
        size = self.settings.batch_size
        held_out = Batches(validation.pictures, np.arange(len(validation.clips)), size)
        with self.bar, backend.within_memory(size):
            how = {"validation_data": feed(held_out), "shuffle": False, "verbose": 0}
            fitted = self.vae.fit(feed(self.batches), callbacks=[self], **how)
        return {name: float(losses[0]) for name, losses in fitted.history.items()}

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Set the values of a checkpoint, or begin the epoch's noise and metrics."""
        # Not before: fit has just reset the metrics, which a checkpoint holds, too.
        if self.values:
            for variable, value in zip(variables(self.vae), self.values, strict=True):
                variable.assign(value)
        if self.state.batch == 0:
            self.vae.reset_metrics()
            self.vae.begin_epoch(self.state.epoch, self.settings)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Check the mean loss so far, show progress, and save a checkpoint if it is due."""
        if not np.isfinite(float(logs["loss"])):
            self._stop(batch)
        self.bar.update()
        is_due = time.monotonic() - self.saved > 60 * MINUTES
        # The end of the epoch saves one anyway.
        if is_due and batch + 1 < len(self.batches):
            state = replace(self.state, batch=self.state.batch + batch + 1)
            self.checkpoints.save(pack(self.vae, state))
            self.saved = time.monotonic()

    def _stop(self, batch: int) -> None:
        clips = self.batches.pictures.rows[self.batches.rows(batch)][:3]
        where = f"{self.name}, batch {self.state.batch + batch + 1}"
        raise UserError(
            f"the loss is no longer a number in {where} (rows {', '.join(map(str, clips))} … of"
            " clips.csv): lower train.learning_rate, or set train.clip_norm. The last good"
            f" weights are in {self.checkpoints.folder}"
        )


def _views(settings: Train, key: tuple[int, int], frames: int) -> list[Warp | Crop]:
    """Return how clips of so many frames are warped and cropped in the epoch `key`."""
    views: list[Warp | Crop] = []
    if settings.time_warp:
        views.append(Warp(settings.time_warp, key))
    length = settings.sequence.crop_frames if settings.sequence else None
    if length and length < frames:
        views.append(Crop(length, key))
    return views
