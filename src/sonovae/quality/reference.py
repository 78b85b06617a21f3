"""Recordings as what new sounds are compared with: their pitch, textures and voices."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from sonovae.arrays import Embeddings, Floats32, Indices, Samples
from sonovae.features import pitch, sound_features, spectrograms
from sonovae.features.pitch import Range
from sonovae.quality import fidelity, identity, texture
from sonovae.quality.identity import Identity
from sonovae.quality.texture import Embedding, Textures

MOST_FOR_RANGE = 300
"""Recordings from which the range of pitch and of frequency is taken."""
TONAL_SHARE = 0.1
"""Largest share of recordings with second tones of a set in which those are a fault."""


@dataclass(frozen=True)
class Sounds:
    """Sounds [n] each as they are heard, within ±1, and their groups; a new one is its own."""

    samples: Sequence[Samples]
    groups: Sequence[str]

    def __len__(self) -> int:
        """Return their number."""
        return len(self.samples)

    def take(self, rows: Indices) -> "Sounds":
        """Choose rows."""
        return Sounds([self.samples[i] for i in rows], [self.groups[i] for i in rows])


@dataclass(frozen=True)
class Measured:
    """Features of N sounds: a row each, log-mel statistics [N, D], textures, identity [N, E]."""

    features: pd.DataFrame
    statistics: Floats32
    textures: Textures
    identity: Embeddings | None
    groups: Sequence[str]


@dataclass(frozen=True)
class Reference:
    """Recordings of the training split, in random order, and of the test split.

    `identities` are the voices of the training recordings: their groups, or another column.
    """

    train: Sounds
    test: Sounds
    identities: Sequence[str]
    sample_rate: int
    seed: int

    @cached_property
    def pitches(self) -> Range | None:
        """Range of pitch of the recordings; None if they have hardly any."""
        return pitch.range_of(self.train.samples[:MOST_FOR_RANGE], self.sample_rate)

    @cached_property
    def highest_hz(self) -> float:
        """Frequency below which most of the recordings' energy lies."""
        return spectrograms.highest_hz(self.train.samples[:MOST_FOR_RANGE], self.sample_rate)

    def measure(self, sounds: Sounds) -> Measured:
        """Measure sounds as the recordings are measured."""
        rate = self.sample_rate
        statistics = sound_features.mel_statistics(sounds.samples, rate)
        return Measured(
            sound_features.table(sounds.samples, rate, self.pitches, self.highest_hz),
            statistics,
            self.texture.of(self._log_mels(sounds)),
            self.identity.of(statistics) if self.identity else None,
            sounds.groups,
        )

    @cached_property
    def measured_test(self) -> Measured:
        """Features of the test recordings."""
        return self.measure(self.test)

    @cached_property
    def measured_train(self) -> Measured:
        """Features of as many training recordings."""
        return self.measure(self.train.take(np.arange(min(len(self.train), len(self.test)))))

    @cached_property
    def texture(self) -> Embedding:
        """Principal components of the training recordings' patches."""
        return texture.fit(self._training_log_mels, self.seed)

    @cached_property
    def training_texture(self) -> fidelity.Gaussian:
        """Gaussian of the training recordings' patches."""
        textures = self.texture.of(self._training_log_mels)
        return textures.gaussian(np.arange(len(self.train)))

    @cached_property
    def identity(self) -> Identity | None:
        """Embedding of the voices; None if they cannot be learned."""
        return identity.fit(self._training_statistics, self.identities)

    @cached_property
    def training_identity(self) -> fidelity.Gaussian | None:
        """Gaussian of the training recordings' voices."""
        if self.identity is None:
            return None
        return fidelity.gaussian(self.identity.of(self._training_statistics))

    @cached_property
    def is_tonal(self) -> bool:
        """Whether a recording is one tone, so that a second one is a fault."""
        features = self.measured_test.features
        return "second_tone" in features and features["second_tone"].mean() <= TONAL_SHARE

    @cached_property
    def _training_statistics(self) -> Floats32:
        return sound_features.mel_statistics(self.train.samples, self.sample_rate)

    @cached_property
    def _training_log_mels(self) -> Floats32:
        return self._log_mels(self.train)

    def _log_mels(self, sounds: Sounds) -> Floats32:
        return np.stack([spectrograms.log_mel(own, self.sample_rate) for own in sounds.samples])
