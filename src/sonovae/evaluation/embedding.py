"""What a picture is worth as a sound: its way back, analysed again as a recording would be; and log-mel embeddings."""

from collections.abc import Iterable
from dataclasses import dataclass

import librosa
import numpy as np
from numpy.typing import NDArray

from sonovae.codec import picture
from sonovae.codec.picture import Array, Item
from sonovae.codec.saved_codec import Codec, Sound
from sonovae.codec.scaling import Scale

BANDS, SEGMENTS, RANGE_DB = 32, 8, 80.0
"""Of the log-mel embedding: mel bands, equal stretches of time, and decibels below a white picture that count."""
PIXELS = 16
"""Rows and columns to which an image is embedded."""


@dataclass(frozen=True)
class Heard:
    """Pictures [N, bins, frames] as they are analysed, and their log-mel embedding [N, D]."""

    pictures: Array
    mel: NDArray[np.float32]

    def __getitem__(self, rows: NDArray[np.int64] | slice) -> "Heard":
        """Some of them."""
        return Heard(self.pictures[rows], self.mel[rows])


def known(c: Codec, pictures: Iterable[Array], scales: Iterable[Scale]) -> Heard:
    """Pictures that were analysed already, by these scales."""
    pictures = list(pictures)
    top = (
        float(_mel_power(c, np.ones(c.shape, np.float32), c.typical).max())
        if isinstance(c, Sound)
        else 1.0
    )
    mel = [embed(c, each, scale, top) for each, scale in zip(pictures, scales, strict=True)]
    return Heard(np.stack(pictures), np.stack(mel))


def items(c: Codec, heard: Iterable[Item]) -> Heard:
    """Levelled clips, or images, as preprocess would analyse them."""
    return known(c, *zip(*(c.encode_new(item, gain=1.0) for item in heard), strict=True))


def embed(c: Codec, shown: Array, scale: Scale, top: float) -> NDArray[np.float32]:
    """[BANDS · SEGMENTS] decibels below the power `top` of a picture's sound, or the [PIXELS²] of an image: fixed,
    learned from nothing."""
    if not isinstance(c, Sound):
        return picture.resize(
            np.clip(shown, 0, 1).astype(np.float32), (PIXELS, PIXELS), "bilinear"
        ).reshape(-1)
    decibels = librosa.power_to_db(_mel_power(c, shown, scale), ref=top, amin=1e-10, top_db=None)
    stretches = np.array_split(np.maximum(decibels, -RANGE_DB), SEGMENTS, axis=1)
    return np.concatenate([each.mean(axis=1) for each in stretches if each.size]).astype(np.float32)


def _mel_power(c: Sound, shown: Array, scale: Scale) -> Array:
    """[BANDS, frames]; of pictures in mel bands neighbours are averaged, as the way back from those is slow."""
    if c.spectrogram.mel_bands:
        power = 10 ** (c.decibels(shown, scale) / 10)
        return np.stack(
            [each.mean(axis=0) for each in np.array_split(power, min(BANDS, len(power)))]
        )
    return librosa.feature.melspectrogram(
        S=c.magnitude(shown, scale) ** 2, sr=c.waveform.sample_rate, n_mels=BANDS
    )
