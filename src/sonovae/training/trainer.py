"""Training: one epoch after the other, resumed from the last checkpoint."""

import logging
from collections.abc import Callable
from dataclasses import replace

import keras
import numpy as np

from sonovae.dataset.saved_dataset import Dataset
from sonovae.errors import UserError
from sonovae.model import backend, health, latent, vae
from sonovae.model.vae import VAE
from sonovae.params.train import Train
from sonovae.training import initialization, optimizer
from sonovae.training.checkpoint import Checkpoints
from sonovae.training.epoch import Epoch
from sonovae.training.state import Losses, State, Weights, pack, unpack

logger = logging.getLogger(__name__)

OnEpoch = Callable[[int, Losses], None]
"""Function of an epoch's number, from 1, and its losses."""

HEALTH_CLIPS = 512
"""Training clips, drawn at random, that show the model's health after each epoch."""


def train(data: Dataset, settings: Train, checkpoints: Checkpoints, on_epoch: OnEpoch) -> State:
    """Build an autoencoder and train it on the devices that the environment names."""
    # It decides the initial weights.
    keras.utils.set_random_seed(settings.seed)
    # A model trains on several devices only if it is built within the context.
    with backend.distribute(settings.threads):
        model = vae.build(data.pictures.shape[1:], settings)
        return fit(model, data, settings, checkpoints, on_epoch)


def fit(
    model: VAE,
    data: Dataset,
    settings: Train,
    checkpoints: Checkpoints,
    on_epoch: OnEpoch,
) -> State:
    """Train a model to the end, from the last checkpoint if there is one; raise UserError if the
    loss is no longer a number. `on_epoch` is called for epochs before the checkpoint, too."""
    clips = data.side("train")
    validation = data.side("validation")
    _compile(model, settings, len(clips.clips))
    state, values = _begin(model, clips, settings, checkpoints)
    for epoch, losses in enumerate(state.losses, start=1):
        on_epoch(epoch, losses)
    while not state.is_over(settings):
        losses = Epoch(model, clips, settings, state, checkpoints).run(validation, values)
        # The checkpoint's values are those of its own epoch only.
        values = []
        state = _after(model, clips, settings, state, losses)
        checkpoints.save(pack(model, state))
        line = ", ".join(f"{name} {value:.4g}" for name, value in losses.items())
        logger.info("epoch %d/%d: %s", state.epoch, settings.epochs, line)
        on_epoch(state.epoch, state.losses[-1])
    return state


def _compile(model: VAE, settings: Train, clips: int) -> None:
    _, workers = backend.worker()
    if settings.batch_size % workers:
        size = f"train.batch_size = {settings.batch_size}"
        raise UserError(f"{size}: it must be a multiple of the {workers} workers")
    batches = settings.epochs * max(1, clips // settings.batch_size)
    adam = optimizer.build(model, settings, batches)
    model.compile(optimizer=adam, jit_compile=backend.jit())
    model.encoder.compile(jit_compile=backend.jit())


def _begin(
    model: VAE, clips: Dataset, settings: Train, checkpoints: Checkpoints
) -> tuple[State, Weights]:
    """Return the last checkpoint, or initialise the weights of a new training."""
    arrays = checkpoints.load()
    if arrays:
        state, values = unpack(arrays)
        done = f"{state.epoch} of {settings.epochs} epochs and {state.batch} batches"
        logger.info("train: goes on after %s", done)
        return state, values
    # One picture has no principal components.
    if settings.initialization == "pca" and len(clips.clips) > 1:
        logger.info("train: begins as the linear model that is likeliest")
        initialization.as_pca(model.encoder, model.decoder, clips.pictures, settings.seed)
    return State(), []


def _after(model: VAE, clips: Dataset, settings: Train, state: State, losses: Losses) -> State:
    """Return the state after an epoch: its losses with the model's health, and kept weights."""
    if not np.isfinite(losses["val_loss"]):
        lost = f"the validation loss is no longer a number in epoch {state.epoch + 1}"
        raise UserError(f"{lost}: lower train.learning_rate")
    pictures = clips.some(HEALTH_CLIPS, settings.seed).pictures
    posterior = latent.encode(model.encoder, pictures)
    prior = latent.of_prior(model.prior)
    losses |= health.of_posterior(posterior, prior, settings.seed) | health.of_losses(losses)
    by_dim = state.kl_by_dim
    if settings.prior == "normal":
        by_dim = [*by_dim, latent.kl_by_dim(posterior, settings.latent_size).tolist()]
    history = [*state.losses, losses]
    now = replace(state, epoch=state.epoch + 1, batch=0, losses=history, kl_by_dim=by_dim)
    names = [str(now.epoch)] if now.epoch in settings.snapshots else []
    if now.best == now.epoch:
        names.append("best")
    return replace(now, kept=now.kept | dict.fromkeys(names, model.get_weights()))
