"""Codec: item ↔ picture for one set of parameters; all that the way there did, kept for the way back.

An item is a clip of sound or an image, which enters at the picture.
"""

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sonovae import params
from sonovae.codec import picture, scaling, spectrogram, waveform
from sonovae.codec.picture import Array, Item
from sonovae.codec.scaling import Scale
from sonovae.codec.spectrogram import Frames, Magnitude
from sonovae.codec.waveform import Samples
from sonovae.errors import UserError
from sonovae.params.preprocess import WINDOWS, Picture, Preprocess, Spectrogram, Waveform
from sonovae.params.sections import GriffinLim
from sonovae.runtime import environment

VERSION = 3


@dataclass(frozen=True)
class Codec:
    """What preprocess learned and generate needs; `typical` is the scale for what never was a clip."""

    picture: Picture
    typical: Scale
    kind: ClassVar[str] = "image"

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of a picture."""
        return self.picture.size or self.full_shape

    @property
    def full_shape(self) -> tuple[int, int]:
        """Rows and columns before it is resized; an image's are its own."""
        return self.picture.size or (0, 0)

    @property
    def extent(self) -> tuple[float, float] | None:
        """Seconds that a picture spans, and its height in `unit`; None for an image."""
        return None

    @property
    def unit(self) -> str:
        """What a picture's rows are: nothing, for an image."""
        return ""

    @property
    def dynamic_range(self) -> float | None:
        """Decibels below a clip's highest value that count; None: all."""
        return None

    def analyse(self, item: Item) -> Array:
        """Item → what is scaled: an image as it is."""
        return item

    def encode(self, values: Array, scale: Scale) -> Array:
        """Values of `analyse` → picture [rows, columns] in [0, 1]."""
        return self._resized(self.encode_full(values, scale), self.shape)

    def encode_full(self, values: Array, scale: Scale) -> Array:
        """The same before it is resized."""
        return picture.scale(values, scale.low, scale.high)

    def encode_new(self, item: Item, gain: float) -> tuple[Array, Scale]:
        """A levelled item that is no clip of the dataset → picture, and the scale of its way back."""
        values = self.analyse(item)
        scale = self.clip_scale(*picture.limits(values, self.dynamic_range), gain)
        return self.encode(values, scale), scale

    def enlarge(self, small: Array, shape: tuple[int, int]) -> Array:
        """Picture → as it was before it was resized, as well as can be."""
        return self._resized(np.clip(small, 0, 1).astype(np.float32), shape)

    def restore(self, item: Item, scale: Scale) -> Item:
        """A levelled clip → as loud as the scale's gain says; an image is what it is."""
        return item

    def clip_scale(self, low: float, high: float, gain: float) -> Scale:
        """The scale of a clip with these limits of its own."""
        if self.picture.scaling == "clip":
            return Scale(low, high, gain)
        return Scale(self.typical.low, self.typical.high, gain)

    def clip_scales(self, clips: pd.DataFrame) -> list[Scale]:
        """That of each row of a clips table."""
        return [self.clip_scale(*row) for row in clips[["low", "high", "gain"]].to_numpy(float)]

    def save(self, folder: Path) -> None:
        """Write `codec.json` and `codec.npz`."""
        sections = {
            name: params.plain(getattr(self, name)) for name in SECTIONS if hasattr(self, name)
        }
        text = json.dumps({"version": VERSION, "kind": self.kind, **sections}, indent=2)
        (folder / "codec.json").write_text(text + "\n", encoding="utf-8")
        np.savez(
            folder / "codec.npz",
            low=self.typical.low,
            high=self.typical.high,
            gain=self.typical.gain,
        )

    def _resized(self, values: Array, shape: tuple[int, int]) -> Array:
        if self.picture.interpolation is None:
            return values
        return picture.resize(values, shape, self.picture.interpolation)


@dataclass(frozen=True)
class Sound(Codec):
    """The codec of sounds, which pass through waveform and spectrogram."""

    waveform: Waveform
    spectrogram: Spectrogram
    kind: ClassVar[str] = "sound"

    @property
    def full_shape(self) -> tuple[int, int]:
        """Bins and frames before the picture is resized."""
        return (
            self.picture.bins or self.spectrogram.bins,
            self.picture.frames or self._frames_of_clip,
        )

    @property
    def frames(self) -> Frames:
        """The transform's lengths, as it takes them."""
        return frames(self.spectrogram)

    @property
    def extent(self) -> tuple[float, float]:
        """Seconds that a picture spans, and its height in `unit`."""
        (bins, frames), p, rate = self.full_shape, self.spectrogram, self.waveform.sample_rate
        return frames * p.hop_length / rate, bins if p.mel_bands else bins * rate / p.n_fft / 1000

    @property
    def unit(self) -> str:
        """What a picture's rows are."""
        return "mel band" if self.spectrogram.mel_bands else "frequency [kHz]"

    @property
    def dynamic_range(self) -> float | None:
        """Decibels below a clip's highest value that count; None: all."""
        return self.spectrogram.dynamic_range_db

    def analyse(self, item: Item) -> Array:
        """Samples of a clip → spectrogram [bins, frames] in its unit."""
        p, rate = self.spectrogram, self.waveform.sample_rate
        magnitude = spectrogram.waveform_to_magnitude(item, self.frames)
        if p.mel_bands:
            magnitude = spectrogram.magnitude_to_mel(magnitude, rate, p.mel_bands)
        kept = picture.crop(magnitude, *self.full_shape, fill=0)
        return spectrogram.magnitude_to_db(kept) if p.scale == "db" else kept

    def decode(self, image: Array, scale: Scale, griffin_lim: GriffinLim, seed: int) -> Samples:
        """Picture → samples of a clip in [-1, 1]."""
        return self.restore(self.invert(self.magnitude(image, scale), griffin_lim, seed), scale)

    def restore(self, item: Item, scale: Scale) -> Item:
        """A levelled clip → as loud as the scale's gain says, in [-1, 1]."""
        return waveform.unlevel(item, scale.gain)

    def invert(self, magnitude: Magnitude, griffin_lim: GriffinLim, seed: int) -> Samples:
        """Magnitudes of `magnitude` → samples of a levelled clip."""
        samples = spectrogram.magnitude_to_waveform(
            magnitude,
            self.frames,
            self.waveform.clip_length,
            iterations=griffin_lim.iterations,
            momentum=griffin_lim.momentum,
            seed=seed,
        )
        return waveform.polish(samples, self.waveform.sample_rate)

    def magnitude(self, image: Array, scale: Scale) -> Magnitude:
        """Picture → magnitudes [1 + n_fft / 2, frames of a clip]; bins that were not kept are zero.

        In decibels, 0 in the picture means `low` (the lowest of all pixels' limits) or anything less. It comes back as
        silence, and all else as much lower, since a floor in every pixel would be heard as hiss. Where clips were
        scaled by their own limits, the highest pixel is 1 again.
        """
        p, kept = self.spectrogram, self._unscaled(image, scale)
        if p.scale == "db":
            floor = np.full(1, np.min(scale.low), np.float32)
            kept = spectrogram.db_to_magnitude(kept) - spectrogram.db_to_magnitude(floor)
        whole = picture.uncrop(np.maximum(kept, 0), p.bins, self._frames_of_clip, fill=0)
        return (
            spectrogram.mel_to_magnitude(whole, self.waveform.sample_rate, p.n_fft)
            if p.mel_bands
            else whole
        )

    def decibels(self, image: Array, scale: Scale) -> Array:
        """Picture → [bins, frames] in decibels, as they are kept: mel bands where those are."""
        return self.in_decibels(self._unscaled(image, scale))

    def in_decibels(self, values: Array) -> Array:
        """Values of `analyse` in decibels."""
        return (
            values
            if self.spectrogram.scale == "db"
            else spectrogram.magnitude_to_db(np.maximum(values, 0))
        )

    def _unscaled(self, image: Array, scale: Scale) -> Array:
        full = self.enlarge(image, self.full_shape)
        full = picture.raise_peak(full) if self.picture.scaling == "clip" else full
        return picture.unscale(full, scale.low, scale.high)

    @property
    def _frames_of_clip(self) -> int:
        return 1 + self.waveform.clip_length // self.spectrogram.hop_length


def frames(p: Spectrogram) -> Frames:
    """The transform's lengths, as it takes them."""
    return Frames(
        n_fft=p.n_fft, hop_length=p.hop_length, win_length=p.win_length, window=WINDOWS[p.window]
    )


SECTIONS: dict[str, type[Any]] = {
    "waveform": Waveform,
    "spectrogram": Spectrogram,
    "picture": Picture,
}
"""The sections of the parameters that a codec keeps."""


def unfitted(p: Preprocess) -> Codec:
    """A codec that can analyse, and does not know its scale yet."""
    unknown = Scale(np.nan, np.nan, np.nan)
    if p.waveform and p.spectrogram:
        return Sound(p.picture, unknown, p.waveform, p.spectrogram)
    return Codec(p.picture, unknown)


def fit(
    p: Preprocess, values: Iterable[Array], limits: NDArray[np.float64], gains: NDArray[np.float64]
) -> Codec:
    """A codec from the training clips alone: their values [bins, frames], limits [n, 2] and gains [n]."""
    return replace(unfitted(p), typical=scaling.typical(p, values, limits, gains))


def load(folder: Path) -> Codec:
    """The door back from `Codec.save`."""
    try:
        saved = json.loads((folder / "codec.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UserError(f"{folder} holds no codec: `dvc repro preprocess` makes one") from None
    if (version := saved.get("version")) != VERSION:
        raise UserError(
            f"{folder}/codec.json has version {version}, this is for {VERSION}: preprocess again"
        )
    if (kind := saved.get("kind")) not in KINDS:
        raise UserError(
            f"{folder}/codec.json is of kind {kind!r}, and this version knows {', '.join(KINDS)}"
        )
    with np.load(folder / "codec.npz", allow_pickle=False) as arrays:
        low, high = (
            float(limit) if limit.ndim == 0 else limit for limit in (arrays["low"], arrays["high"])
        )
        typical = Scale(low, high, float(arrays["gain"]))
    sections = {
        name: params.parse(saved[name], section)
        for name, section in SECTIONS.items()
        if name in saved
    }
    return KINDS[kind](typical=typical, **sections)


def sounds(
    c: Codec, pictures: Iterable[Array], scales: Iterable[Scale], griffin_lim: GriffinLim, seed: int
) -> Iterator[Item]:
    """Pictures → levelled clips, on all cores; images are what they are."""
    if not isinstance(c, Sound):
        yield from pictures
        return
    with ThreadPoolExecutor(
        environment.cores()
    ) as threads:  # what takes the time lets go of Python's lock
        yield from threads.map(
            lambda x, scale: c.invert(c.magnitude(x, scale), griffin_lim, seed), pictures, scales
        )


KINDS = {kind.kind: kind for kind in (Codec, Sound)}
