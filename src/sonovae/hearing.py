"""What a picture is worth as a sound: its way back, analysed again as a recording would be; and log-mel embeddings."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import librosa
import numpy as np
from numpy.typing import NDArray

from sonovae import picture
from sonovae.clips import Item
from sonovae.codec import Codec, Sound
from sonovae.params.sections import GriffinLim
from sonovae.picture import Array
from sonovae.scaling import Scale

BANDS, SEGMENTS, RANGE_DB = 32, 8, 80.0
"""Of the log-mel embedding: mel bands, equal stretches of time, and decibels below full scale that are told apart."""
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
    mel = [embed(c, each, scale) for each, scale in zip(pictures, scales, strict=True)]
    return Heard(np.stack(pictures), np.stack(mel))


def items(c: Codec, heard: Iterable[Item]) -> Heard:
    """Levelled clips, or images, as preprocess would analyse them."""
    return known(c, *zip(*(_analysed(c, item) for item in heard), strict=True))


def sounds(
    c: Codec, pictures: Iterable[Array], scales: Iterable[Scale], griffin_lim: GriffinLim, seed: int
) -> Iterator[Item]:
    """Pictures → levelled clips; images are what they are."""
    for shown, scale in zip(pictures, scales, strict=True):
        yield c.invert(c.magnitude(shown, scale), griffin_lim, seed) if isinstance(c, Sound) else shown


def embed(c: Codec, shown: Array, scale: Scale) -> NDArray[np.float32]:
    """[BANDS · SEGMENTS] decibels of a picture's sound, or the [PIXELS²] of an image: fixed, learned from nothing."""
    if not isinstance(c, Sound):
        return picture.resize(np.clip(shown, 0, 1).astype(np.float32), (PIXELS, PIXELS), "bilinear").reshape(-1)
    energy = librosa.feature.melspectrogram(S=c.magnitude(shown, scale) ** 2, sr=c.waveform.sample_rate, n_mels=BANDS)
    decibels = librosa.power_to_db(energy, ref=_full_scale(c), amin=1e-10, top_db=None)
    stretches = np.array_split(np.maximum(decibels, -RANGE_DB), SEGMENTS, axis=1)
    return np.concatenate([each.mean(axis=1) for each in stretches if each.size]).astype(np.float32)


def _full_scale(c: Sound) -> float:
    """The power of a sine of full scale in its bin: a quarter of the window's squared sum."""
    window = librosa.filters.get_window(c.frames["window"], c.frames["win_length"])
    return float(window.sum() ** 2 / 4)


def _analysed(c: Codec, item: Item) -> tuple[Array, Scale]:
    values = c.analyse(item)
    dynamic_range = c.spectrogram.dynamic_range_db if isinstance(c, Sound) else None
    scale = c.clip_scale(*picture.limits(values, dynamic_range), gain=1.0)
    return c.encode(values, scale), scale
