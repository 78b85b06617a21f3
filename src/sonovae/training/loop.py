"""Training: one epoch after the other, resumed from the last checkpoint."""

import logging
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sonovae.errors import UserError
from sonovae.training.checkpoint import Checkpoints
from sonovae.training.course import Course
from sonovae.training.epoch import Epoch
from sonovae.training.state import Losses, State, Weights, pack, unpack

logger = logging.getLogger(__name__)

OnEpoch = Callable[[int, Losses], None]
"""Function of an epoch's number, from 1, and its losses."""


def nothing(epoch: int, losses: Losses) -> None:
    """Do nothing after an epoch."""


def run(course: Course, checkpoints: Checkpoints, on_epoch: OnEpoch = nothing) -> State:
    """Train to the end, from the last checkpoint if there is one; raise UserError if the loss is no
    longer a number. `on_epoch` is called for epochs before the checkpoint, too."""
    state, values = _begin(course, checkpoints)
    for epoch, losses in enumerate(state.losses, start=1):
        on_epoch(epoch, losses)
    while not state.is_over(course.epochs, course.patience):
        losses = Epoch(course, state, checkpoints).run(values)
        # The checkpoint's values are those of its own epoch only.
        values = []
        state = _after(course, state, losses)
        checkpoints.save(pack(course.model, state))
        line = ", ".join(f"{name} {value:.4g}" for name, value in state.losses[-1].items())
        logger.info("%s: epoch %d/%d: %s", course.stage, state.epoch, course.epochs, line)
        on_epoch(state.epoch, state.losses[-1])
    return state


def _begin(course: Course, checkpoints: Checkpoints) -> tuple[State, Weights]:
    """Return the last checkpoint, or initialise the weights of a new training."""
    arrays = checkpoints.load()
    if not arrays:
        course.begin()
        return State(), []
    state, values = unpack(arrays)
    done = f"{state.epoch} of {course.epochs} epochs and {state.batch} batches"
    logger.info("%s: goes on after %s", course.stage, done)
    return state, values


def _after(course: Course, state: State, losses: Losses) -> State:
    """Return the state after an epoch, with the weights that are kept of it."""
    now = course.after_epoch(state, losses)
    if not np.isfinite(now.losses[-1]["val_loss"]):
        lost = f"the validation loss is no longer a number in epoch {now.epoch}"
        raise UserError(f"{lost}: {course.advice}")
    weights = dict.fromkeys(course.keeps(now), course.model.get_weights())
    return replace(now, kept=now.kept | weights)
