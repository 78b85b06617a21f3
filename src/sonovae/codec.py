"""Codec: clip of sound ↔ picture for one set of parameters; all that the way there did, kept for the way back."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonovae import params, picture, spectrogram, waveform
from sonovae.errors import UserError
from sonovae.params.sections import WINDOWS, GriffinLim, Picture, Preprocess, Spectrogram, Waveform
from sonovae.picture import Array
from sonovae.spectrogram import Frames, Magnitude
from sonovae.waveform import Samples

VERSION = 1


@dataclass(frozen=True)
class Clips:
    """The equal clips [n, length] of one recording; their starts, in samples of what the silences left and in seconds
    of the file; and the gain that levelled them."""

    samples: NDArray[np.float32]
    start: list[int]
    source_start: list[float]
    gain: float


@dataclass(frozen=True)
class Scale:
    """What a picture's 0 and 1 stand for, in the spectrogram's unit, and the gain that levelled its recording."""

    low: float
    high: float
    gain: float


def recording_to_clips(samples: Samples, sample_rate: int, p: Waveform) -> Clips:
    """A recording's samples at its own rate → level, silences cut, equal clips."""
    resampled = waveform.resample(samples, sample_rate, p.sample_rate)
    levelled, gain = waveform.level(resampled, p.peak_dbfs)
    kept = [(0, len(levelled))]
    if p.silence:
        kept = waveform.nonsilent(levelled, p.sample_rate, p.silence.min_seconds, p.silence.threshold_dbfs)
    sounding = np.concatenate([levelled[:0], *(levelled[a:b] for a, b in kept)])
    clips = waveform.cut(sounding, p.clip_length, p.rest)
    start = [i * p.clip_length for i in range(len(clips))]
    return Clips(clips, start, [_source(at, kept) / p.sample_rate for at in start], gain)


def _source(at: int, kept: list[tuple[int, int]]) -> int:
    """Where a sample stood before the silences were cut."""
    for a, b in kept:
        if at < b - a:
            return a + at
        at -= b - a
    raise IndexError(at)


@dataclass(frozen=True)
class Codec:
    """What preprocess learned and generate needs; `typical` is the scale for a sound that never was a clip."""

    waveform: Waveform
    spectrogram: Spectrogram
    picture: Picture
    typical: Scale

    @property
    def shape(self) -> tuple[int, int]:
        """Bins and frames of a picture."""
        return self.picture.bins, self.picture.frames

    @property
    def frames(self) -> Frames:
        """The transform's lengths."""
        return frames(self.spectrogram)

    @property
    def extent(self) -> tuple[float, float]:
        """Seconds and Hz that a picture spans."""
        rate = self.waveform.sample_rate
        return (
            self.picture.frames * self.spectrogram.hop_length / rate,
            self.picture.bins * rate / self.spectrogram.n_fft,
        )

    def encode(self, spectrum: Array, scale: Scale) -> Array:
        """Spectrogram of `clip_to_spectrogram` [bins, frames] → picture in [0, 1]."""
        return picture.scale(spectrum, scale.low, scale.high)

    def decode(self, image: Array, scale: Scale | None, griffin_lim: GriffinLim, seed: int) -> Samples:
        """Picture [bins, frames] → samples of a clip in [-1, 1]; without a scale, by the typical one."""
        scale = scale or self.typical
        return waveform.unlevel(self.invert(self.magnitude(image, scale), griffin_lim, seed), scale.gain)

    def invert(self, magnitude: Magnitude, griffin_lim: GriffinLim, seed: int) -> Samples:
        """Magnitudes of `magnitude` → samples of a levelled clip."""
        return spectrogram.magnitude_to_waveform(
            magnitude,
            self.frames,
            self.waveform.clip_length,
            iterations=griffin_lim.iterations,
            momentum=griffin_lim.momentum,
            seed=seed,
        )

    def magnitude(self, image: Array, scale: Scale) -> Magnitude:
        """Picture → magnitudes [1 + n_fft / 2, frames of a clip]; bins that were not kept are zero.

        In decibels, 0 in the picture means `low` or anything less. It comes back as silence, and all else as much
        lower, since a floor in every pixel would be heard as hiss.
        """
        kept = picture.unscale(np.clip(image, 0, 1), scale.low, scale.high)
        if self.spectrogram.scale == "db":
            kept = spectrogram.db_to_magnitude(kept) - np.float32(10 ** (scale.low / 20))
        kept = np.maximum(kept, 0)
        bins, length = self.spectrogram.n_fft // 2 + 1, self.waveform.clip_length
        return picture.uncrop(kept, bins, 1 + length // self.spectrogram.hop_length, fill=0)

    def clip_scale(self, low: float, high: float, gain: float) -> Scale:
        """The scale of a clip with these limits."""
        if self.picture.scaling == "dataset":
            low, high = self.typical.low, self.typical.high
        return Scale(low, high, gain)

    def save(self, folder: Path) -> None:
        """Write `codec.json` and `codec.npz`."""
        sections = {name: params.plain(getattr(self, name)) for name in ("waveform", "spectrogram", "picture")}
        text = json.dumps({"version": VERSION, "kind": "sound", **sections}, indent=2)
        (folder / "codec.json").write_text(text + "\n", encoding="utf-8")
        np.savez(folder / "codec.npz", low=self.typical.low, high=self.typical.high, gain=self.typical.gain)


def frames(p: Spectrogram) -> Frames:
    """The section's lengths, as the transform takes them."""
    return Frames(n_fft=p.n_fft, hop_length=p.hop_length, win_length=p.win_length, window=WINDOWS[p.window])


def clip_to_spectrogram(clip: Samples, p: Preprocess | Codec) -> tuple[Array, float, float]:
    """Samples of a clip → unscaled spectrogram [bins, frames], and its lowest and highest value."""
    magnitude = spectrogram.waveform_to_magnitude(clip, frames(p.spectrogram))
    kept = picture.crop(magnitude, p.picture.bins, p.picture.frames, fill=0)
    values = spectrogram.magnitude_to_db(kept) if p.spectrogram.scale == "db" else kept
    return values, *picture.limits(values, p.spectrogram.dynamic_range_db)


def fit(p: Preprocess, low: NDArray[np.float64], high: NDArray[np.float64], gain: NDArray[np.float64]) -> Codec:
    """A codec from the limits and gains of the training clips [n] alone."""
    if p.picture.scaling == "dataset":
        loudest = float(high.max())
        quietest = max(float(low.min()), loudest - (p.spectrogram.dynamic_range_db or np.inf))
        typical = Scale(quietest, loudest, float(np.median(gain)))
    else:
        typical = Scale(float(np.median(low)), float(np.median(high)), float(np.median(gain)))
    return Codec(p.waveform, p.spectrogram, p.picture, typical)


def load(folder: Path) -> Codec:
    """The door back from `Codec.save`."""
    try:
        saved = json.loads((folder / "codec.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UserError(f"{folder} holds no codec: `dvc repro preprocess` makes one") from None
    if (version := saved.get("version")) != VERSION:
        raise UserError(f"{folder}/codec.json has version {version}, this is for {VERSION}: preprocess again")
    if (kind := saved.get("kind")) != "sound":
        raise UserError(f"{folder}/codec.json is of kind {kind!r}, and this version knows sound alone")
    with np.load(folder / "codec.npz", allow_pickle=False) as arrays:
        typical = Scale(*(float(arrays[name]) for name in ("low", "high", "gain")))
    return Codec(
        params.parse(saved["waveform"], Waveform),
        params.parse(saved["spectrogram"], Spectrogram),
        params.parse(saved["picture"], Picture),
        typical,
    )
