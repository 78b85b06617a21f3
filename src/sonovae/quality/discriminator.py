"""Two-sample test by a small convolutional network: can it tell new sounds from recordings?"""

from collections.abc import Iterable
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

from sonovae.arrays import Floats32, Indices, Samples
from sonovae.features import spectrograms
from sonovae.model import networks
from sonovae.quality.two_sample import Told

EPOCHS = 12
BATCH_SIZE = 32
LEARNING_RATE = 2e-3
"""Learning rate of Adam, at first; it falls to 0 by a cosine."""
FILTERS = (16, 32, 48)
"""Filters of the convolutions, each with stride 2. Without normalization: a mean over the
picture would cost half of the time."""
MOST_BINS = 96
"""Bins above which the first convolution has stride 4 in frequency, for speed."""
SHIFT = 0.1
"""Largest shift in time while training, as a share of a sound: the same few recordings differ."""
DROPOUT = 0.3


@dataclass(frozen=True)
class Views:
    """Log-mel and fine spectrograms of N sounds, [N, bins, frames] each."""

    mel: Floats32
    fine: Floats32

    def take(self, rows: Indices) -> "Views":
        """Choose rows."""
        return Views(self.mel[rows], self.fine[rows])


def views(sounds: Iterable[Samples], sample_rate: int, highest_hz: float) -> Views:
    """Return what the networks see of sounds [n] each."""
    mel = []
    fine = []
    for samples in sounds:
        mel.append(spectrograms.log_mel(samples, sample_rate))
        fine.append(spectrograms.fine(samples, sample_rate, highest_hz))
    return Views(np.stack(mel), np.stack(fine))


def tell(
    train: Floats32, train_new: Floats32, test: Floats32, test_new: Floats32, seed: int
) -> Told:
    """Train on spectrograms of recordings and of new sounds [N, bins, frames], and score others.

    As Lopez-Paz and Oquab 2017; the groups of `train` must not be in `test`.
    """
    keras.utils.set_random_seed(seed)
    spectrograms = np.concatenate([train, train_new])
    is_new = np.repeat(np.array([0, 1], np.float32), [len(train), len(train_new)])
    network = _build(spectrograms)
    _learn(network, spectrograms, is_new, seed)
    (scores,) = networks.predict(network, np.concatenate([test, test_new]))
    as_double = scores[:, 0].astype(float)
    return Told(as_double[: len(test)], as_double[len(test) :])


def _build(spectrograms: Floats32) -> keras.Model:
    mean = float(spectrograms.mean(dtype=float))
    deviation = max(float(spectrograms.std(dtype=float)), 1e-6)
    _, bins, frames = spectrograms.shape
    spectrogram = keras.Input((bins, frames))
    x = layers.Reshape((bins, frames, 1))((spectrogram - mean) / deviation)
    stride = (4, 2) if bins > MOST_BINS else (2, 2)
    x = layers.Conv2D(FILTERS[0], 5, stride, padding="same", activation="relu")(x)
    for filters in FILTERS[1:]:
        x = layers.Conv2D(filters, 3, 2, padding="same", activation="relu")(x)
    # The mean sees texture, the maximum a single flaw.
    pooled = [layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)]
    x = layers.Dropout(DROPOUT)(layers.Concatenate()(pooled))
    return keras.Model(spectrogram, layers.Dense(1)(x))


def _learn(network: keras.Model, spectrograms: Floats32, is_new: Floats32, seed: int) -> None:
    n = len(spectrograms)
    size = min(BATCH_SIZE, n)
    steps = n // size
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, EPOCHS * steps)
    network.compile(keras.optimizers.Adam(rate), keras.losses.BinaryCrossentropy(from_logits=True))
    for epoch in range(EPOCHS):
        rng = np.random.default_rng([seed, epoch])
        # Only whole batches: a smaller last one would be compiled again.
        rows = rng.permutation(n)[: steps * size]
        shifted = _shifted(spectrograms[rows], rng)
        network.fit(shifted, is_new[rows], batch_size=size, shuffle=False, verbose=0)


def _shifted(spectrograms: Floats32, rng: np.random.Generator) -> Floats32:
    """Shift each spectrogram by a random number of frames; the frame at the end is repeated."""
    n, _, frames = spectrograms.shape
    most = round(SHIFT * frames)
    shifts = rng.integers(-most, most + 1, n)
    columns = np.clip(np.arange(frames) + shifts[:, np.newaxis], 0, frames - 1)
    return np.take_along_axis(spectrograms, columns[:, np.newaxis], axis=2)
