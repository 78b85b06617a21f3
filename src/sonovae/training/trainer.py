"""Training of an autoencoder."""

import logging
from dataclasses import replace

import keras
import numpy as np

from sonovae.dataset.saved_dataset import Dataset
from sonovae.errors import UserError
from sonovae.model import backend, health, latent, vae
from sonovae.model.vae import VAE
from sonovae.params.train import Train
from sonovae.training import initialization, loop, optimizer
from sonovae.training.batches import Batches, Crop, PictureBatches, Warp, shuffled
from sonovae.training.checkpoint import Checkpoints
from sonovae.training.course import Course
from sonovae.training.loop import OnEpoch
from sonovae.training.state import Losses, State

logger = logging.getLogger(__name__)

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
    """Train a model to the end, as `loop.run` does."""
    course = Autoencoding(model, data.side("train"), data.side("validation"), settings)
    return loop.run(course, checkpoints, on_epoch)


class Autoencoding(Course):
    """Training of an autoencoder on training clips, validated by others."""

    stage = "train"
    advice = "lower train.learning_rate, or set train.clip_norm"

    def __init__(self, model: VAE, clips: Dataset, validation: Dataset, settings: Train) -> None:
        self.model = model
        self.clips = clips
        self.validation = validation
        self.settings = settings
        self.epochs = settings.epochs
        self.patience = settings.patience
        _compile(model, settings, len(clips.clips))

    def batches(self, epoch: int, first: int) -> Batches:
        """Return an epoch's batches of pictures, warped and cropped."""
        settings = self.settings
        key = (settings.seed, epoch)
        clips = len(self.clips.clips)
        size = min(settings.batch_size, clips)
        order = shuffled(clips, size, key)
        pictures = self.clips.pictures
        views = _views(settings, key, pictures.shape[2])
        return PictureBatches(pictures, order, size, first, views)

    def held_out(self) -> Batches:
        """Return the validation clips, whole."""
        order = np.arange(len(self.validation.clips))
        return PictureBatches(self.validation.pictures, order, self.settings.batch_size)

    def begin(self) -> None:
        """Initialise the weights as PCA, if that is asked for."""
        settings = self.settings
        # One picture has no principal components.
        if settings.initialization == "pca" and len(self.clips.clips) > 1:
            logger.info("train: begins as the linear model that is likeliest")
            pair = (self.model.encoder, self.model.decoder)
            initialization.as_pca(*pair, self.clips.pictures, settings.seed)

    def begin_epoch(self, epoch: int) -> None:
        """Set the noise and the KL's weight."""
        self.model.begin_epoch(epoch, self.settings)

    def after_epoch(self, state: State, losses: Losses) -> State:
        """Add the model's health to the losses, and the KL by dimension to the state."""
        settings = self.settings
        pictures = self.clips.some(HEALTH_CLIPS, settings.seed).pictures
        posterior = latent.encode(self.model.encoder, pictures)
        prior = latent.of_prior(self.model.prior)
        losses |= health.of_posterior(posterior, prior, settings.seed) | health.of_losses(losses)
        now = state.after(losses)
        if settings.prior != "normal":
            return now
        nats = latent.kl_by_dim(posterior, settings.latent_size).tolist()
        return replace(now, kl_by_dim=[*now.kl_by_dim, nats])

    def keeps(self, state: State) -> list[str]:
        """Keep the best weights, and those of the epochs that are asked for."""
        names = super().keeps(state)
        if state.epoch in self.settings.snapshots:
            names.append(str(state.epoch))
        return names


def _views(settings: Train, key: tuple[int, int], frames: int) -> list[Warp | Crop]:
    """Return how clips of so many frames are warped and cropped in the epoch `key`."""
    views: list[Warp | Crop] = []
    if settings.time_warp:
        views.append(Warp(settings.time_warp, key))
    length = settings.sequence.crop_frames if settings.sequence else None
    if length and length < frames:
        views.append(Crop(length, key))
    return views


def _compile(model: VAE, settings: Train, clips: int) -> None:
    _, workers = backend.worker()
    if settings.batch_size % workers:
        size = f"train.batch_size = {settings.batch_size}"
        raise UserError(f"{size}: it must be a multiple of the {workers} workers")
    batches = settings.epochs * max(1, clips // settings.batch_size)
    adam = optimizer.build(model, settings, batches)
    model.compile(optimizer=adam, jit_compile=backend.jit())
    model.encoder.compile(jit_compile=backend.jit())
