"""Training: one epoch after the other, in an order that seed and epoch decide, from the last checkpoint on."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from sonovae.dataset.saved_dataset import Dataset
from sonovae.errors import UserError
from sonovae.model import backend, health, latent
from sonovae.model.vae import VAE
from sonovae.params.train import Train
from sonovae.runtime.progress import bar
from sonovae.training import initialization, optimizer
from sonovae.training.batches import Batches, Warp, feed
from sonovae.training.checkpoint import Checkpoints
from sonovae.training.state import Losses, State, Weights, pack, unpack, variables

OnEpoch = Callable[[int, Losses], None]

MINUTES = 5
"""Between checkpoints within an epoch."""
HEALTH_CLIPS = 512
"""Of training, drawn from all, on which health is looked at after each epoch."""


def fit(vae: VAE, data: Dataset, p: Train, checkpoints: Checkpoints, on_epoch: OnEpoch) -> State:
    """Train until it is over, from the last checkpoint on where there is one.

    `on_epoch` is given each epoch's number and losses, of those before the checkpoint too. UserError where the loss is
    no longer a number.
    """
    train, validation = data.side("train"), data.side("validation")
    _compile(vae, p, len(train.clips))
    arrays = checkpoints.load()
    state, given = unpack(arrays) if arrays else (State(), [])
    if arrays:
        print(f"train: goes on after {state.epoch} of {p.epochs} epochs and {state.batch} batches")
    elif p.initialization == "pca" and len(train.clips) > 1:
        print("train: begins as the linear model that is likeliest")
        initialization.as_pca(vae.encoder, vae.decoder, train.pictures, p.seed)
    for epoch, losses in enumerate(state.losses, start=1):
        on_epoch(epoch, losses)
    while not state.is_over(p):
        losses = _Epoch(vae, train, p, state, given, checkpoints).run(validation)
        state, given = _after(vae, train, p, state, losses), []
        checkpoints.save(pack(vae, state))
        print(
            f"epoch {state.epoch}/{p.epochs}: {', '.join(f'{name} {value:.4g}' for name, value in losses.items())}"
        )
        on_epoch(state.epoch, state.losses[-1])
    return state


def _compile(vae: VAE, p: Train, clips: int) -> None:
    _, workers = backend.worker()
    if p.batch_size % workers:
        raise UserError(
            f"train.batch_size = {p.batch_size}: it must be a multiple of the {workers} workers"
        )
    adam = optimizer.build(vae, p, p.epochs * max(1, clips // p.batch_size))
    # TensorFlow's own kernels train faster than XLA (docs/performance.md), which does not know variables on many GPUs.
    compiled = "auto" if keras.backend.backend() == "jax" else False
    vae.compile(optimizer=adam, jit_compile=compiled)
    vae.encoder.compile(jit_compile=compiled)


class _Epoch(keras.callbacks.Callback):
    """One epoch: it begins as a checkpoint says, shows progress, stops where the loss is no longer a number, and keeps
    a checkpoint where it takes long. Only full batches, as each size is compiled anew; what is left over, another
    epoch takes."""

    def __init__(
        self,
        vae: VAE,
        train: Dataset,
        p: Train,
        state: State,
        given: Weights,
        checkpoints: Checkpoints,
    ) -> None:
        super().__init__()
        self.vae, self.p, self.state, self.given, self.checkpoints = (
            vae,
            p,
            state,
            given,
            checkpoints,
        )
        size = min(p.batch_size, len(train.clips))
        order = np.random.default_rng([p.seed, state.epoch]).permutation(len(train.clips))
        warp = Warp(p.time_warp, (p.seed, state.epoch)) if p.time_warp else None
        self.batches = Batches(
            train.pictures, order[: len(order) // size * size], size, state.batch, warp
        )
        self.bar = bar(len(self.batches), f"epoch {state.epoch + 1}/{p.epochs}", "batches")
        self.saved = time.monotonic()

    def run(self, validation: Dataset) -> Losses:
        """Train, then validate; returns the losses of both."""
        some = Batches(validation.pictures, np.arange(len(validation.clips)), self.p.batch_size)
        with self.bar, backend.within_memory(self.p.batch_size):
            found = self.vae.fit(
                feed(self.batches),
                validation_data=feed(some),
                shuffle=False,
                verbose=0,
                callbacks=[self],
            )
        return {name: float(values[0]) for name, values in found.history.items()}

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Fit has just reset the metrics, which a checkpoint within an epoch holds, too."""
        if self.given:
            for variable, value in zip(variables(self.vae), self.given, strict=True):
                variable.assign(value)
        if self.state.batch == 0:
            self.vae.reset_metrics()
            self.vae.begin_epoch(self.state.epoch, self.p)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Look at the loss, which is the mean so far; show progress; save where the time has come."""
        if not np.isfinite(float(logs["loss"])):
            self._stop(batch)
        self.bar.update()
        done = self.state.batch + batch + 1
        if time.monotonic() - self.saved > 60 * MINUTES and batch + 1 < len(self.batches):
            self.checkpoints.save(pack(self.vae, replace(self.state, batch=done)))
            self.saved = time.monotonic()

    def _stop(self, batch: int) -> None:
        rows = self.batches.pictures.rows[self.batches.rows(batch)]
        where = f"epoch {self.state.epoch + 1}, batch {self.state.batch + batch + 1}"
        raise UserError(
            f"the loss is no longer a number in {where} (rows {', '.join(map(str, rows[:3]))} … of clips.csv): lower"
            " train.learning_rate, or set train.clip_norm. The last good weights are in"
            f" {self.checkpoints.folder}"
        )


def _after(vae: VAE, train: Dataset, p: Train, state: State, losses: Losses) -> State:
    """The state when an epoch is over: its losses with the model's health, and the weights that are worth keeping."""
    if not np.isfinite(losses["val_loss"]):
        raise UserError(
            f"the validation loss is no longer a number in epoch {state.epoch + 1}: lower train.learning_rate"
        )
    posterior = latent.encode(vae.encoder, train.some(HEALTH_CLIPS, p.seed).pictures)
    losses |= health.of_posterior(posterior, latent.of_prior(vae.prior), p.seed) | health.of_losses(
        losses
    )
    each = [*state.kl_by_dim, latent.kl_by_dim(posterior).tolist()] if p.prior == "normal" else []
    now = replace(
        state, epoch=state.epoch + 1, batch=0, losses=[*state.losses, losses], kl_by_dim=each
    )
    names = [str(now.epoch)] * (now.epoch in p.snapshots) + ["best"] * (now.best == now.epoch)
    return replace(now, kept=now.kept | dict.fromkeys(names, vae.get_weights()))
