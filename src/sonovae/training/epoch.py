"""One epoch of training, from its first batch or from a checkpoint within it."""

import time
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from sonovae.errors import UserError
from sonovae.model import backend
from sonovae.runtime.progress import bar
from sonovae.training.batches import feed
from sonovae.training.checkpoint import Checkpoints
from sonovae.training.course import Course
from sonovae.training.state import Losses, State, Weights, pack, variables

MINUTES = 5
"""Time between checkpoints within an epoch, which is what a kill costs at most."""


class Epoch(keras.callbacks.Callback):
    """Epoch that shows progress, saves checkpoints, and stops when the loss is not finite."""

    def __init__(self, course: Course, state: State, checkpoints: Checkpoints) -> None:
        super().__init__()
        self.course = course
        self.learner = course.model
        self.state = state
        self.checkpoints = checkpoints
        self.values: Weights = []
        self.batches = course.batches(state.epoch, state.batch)
        self.name = f"epoch {state.epoch + 1}"
        title = f"{course.stage}: {self.name}/{course.epochs}"
        self.bar = bar(len(self.batches), title, "batches")
        self.saved = time.monotonic()

    def run(self, values: Weights) -> Losses:
        """Train and validate, from a checkpoint's values if there are any; return the losses."""
        self.values = values
        with self.bar, backend.within_memory(self.batches.size):
            held_out = self.course.held_out()
            fitted = self.learner.fit(
                feed(self.batches),
                validation_data=feed(held_out) if held_out else None,
                callbacks=[self],
                shuffle=False,
                verbose=0,
            )
        return {name: float(losses[0]) for name, losses in fitted.history.items()}

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Set the values of a checkpoint, or begin the epoch's noise and metrics."""
        # Not before: fit has just reset the metrics, which a checkpoint holds, too.
        if self.values:
            for variable, value in zip(variables(self.learner), self.values, strict=True):
                variable.assign(value)
        if self.state.batch == 0:
            self.learner.reset_metrics()
            self.course.begin_epoch(self.state.epoch)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Check the mean loss so far, show progress, and save a checkpoint if it is due."""
        if not np.isfinite(float(logs["loss"])):
            self._stop(batch)
        self.bar.update()
        is_due = time.monotonic() - self.saved > 60 * MINUTES
        # The end of the epoch saves one anyway.
        if is_due and batch + 1 < len(self.batches):
            state = replace(self.state, batch=self.state.batch + batch + 1)
            self.checkpoints.save(pack(self.learner, state))
            self.saved = time.monotonic()

    def _stop(self, batch: int) -> None:
        clips = self.batches.clips(batch)[:3]
        where = f"{self.name}, batch {self.state.batch + batch + 1}"
        raise UserError(
            f"the loss is no longer a number in {where} (rows {', '.join(map(str, clips))} … of"
            f" clips.csv): {self.course.advice}. The last good weights are in"
            f" {self.checkpoints.folder}"
        )
