"""Samples → spectrogram: the part of the sound codec that needs no scale."""

from dataclasses import dataclass

import numpy as np

from sonovae.arrays import Item, Magnitude, Spectrogram
from sonovae.codec import picture, spectrogram
from sonovae.codec.spectrogram import Frames
from sonovae.params.preprocess import WINDOWS, Waveform
from sonovae.params.preprocess import Picture as PictureSettings
from sonovae.params.preprocess import Spectrogram as SpectrogramSettings


def frames(settings: SpectrogramSettings) -> Frames:
    """Return the lengths of the transform in samples, as `spectrogram`'s functions take them."""
    return Frames(
        n_fft=settings.n_fft,
        hop_length=settings.hop_length,
        win_length=settings.win_length,
        window=WINDOWS[settings.window],
    )


@dataclass(frozen=True)
class Analysis:
    """Samples → spectrogram in decibels, magnitudes or their powers."""

    waveform: Waveform
    spectrogram: SpectrogramSettings
    picture: PictureSettings

    @property
    def clip_frames(self) -> int:
        """Frames of a clip, without padding."""
        return 1 + self.waveform.clip_length // self.spectrogram.hop_length

    @property
    def shape(self) -> tuple[int, int]:
        """Bins and frames that are kept of a clip."""
        bins = self.picture.bins or self.spectrogram.bins
        return bins, self.picture.frames or self.clip_frames

    @property
    def lowest(self) -> float:
        """Value of silence, in the spectrogram's unit."""
        return float(self.from_magnitude(np.zeros(1, np.float32))[0])

    def __call__(self, item: Item) -> Spectrogram:
        """Samples [n] → spectrogram [bins, frames] in its unit, padded to the frames of a clip."""
        settings = self.spectrogram
        magnitude = spectrogram.waveform_to_magnitude(item, frames(settings))
        if settings.mel_bands:
            rate = self.waveform.sample_rate
            magnitude = spectrogram.magnitude_to_mel(magnitude, rate, settings.mel_bands)
        bins, columns = self.shape
        # A sound that is longer than a clip keeps all of its frames.
        columns = max(columns, magnitude.shape[1])
        return self.from_magnitude(picture.crop(magnitude, bins, columns, fill=0))

    def from_magnitude(self, magnitude: Magnitude) -> Spectrogram:
        """Convert magnitudes [bins, frames] to the spectrogram's unit."""
        if self.spectrogram.scale == "db":
            return spectrogram.magnitude_to_db(magnitude)
        if self.spectrogram.power is not None:
            return spectrogram.compress(magnitude, self.spectrogram.power)
        return magnitude

    def to_magnitude(self, values: Spectrogram) -> Magnitude:
        """Invert `from_magnitude`, for values [bins, frames]; no magnitude is below 0."""
        if self.spectrogram.scale == "db":
            return spectrogram.db_to_magnitude(values)
        nonnegative = np.maximum(values, 0)
        if self.spectrogram.power is not None:
            return spectrogram.expand(nonnegative, self.spectrogram.power)
        return nonnegative
