"""The codec of sounds: samples ↔ spectrogram ↔ picture."""

import math
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, final

import librosa
import numpy as np

from sonovae import params
from sonovae.arrays import Floats32, Item, Magnitude, Picture, Samples, Spectrogram
from sonovae.codec import mask, picture, sound_files, spectrogram, waveform
from sonovae.codec.analysis import Analysis, frames
from sonovae.codec.base import Codec, Excerpt
from sonovae.codec.scaling import Scale
from sonovae.codec.spectrogram import Frames
from sonovae.params.preprocess import Spectrogram as SpectrogramSettings
from sonovae.params.preprocess import Waveform
from sonovae.params.sections import GriffinLim
from sonovae.runtime import environment

EMBEDDED_BANDS = 32
"""Mel bands of the embedding: coarse enough that pitch does not decide."""
EMBEDDED_SEGMENTS = 8
"""Equal stretches of time over which the embedding averages."""
EMBEDDED_RANGE_DB = 80.0
"""Decibels below a white picture that the embedding keeps."""
NOISE_RMS = 10 ** (-20 / 20)
"""Level of the control of white noise: -20 dB of full scale, as loud as speech."""


@final
@dataclass(frozen=True)
class SoundCodec(Codec):
    """Samples of a clip ↔ spectrogram ↔ picture."""

    waveform: Waveform
    spectrogram: SpectrogramSettings

    kind: ClassVar[str] = "sound"
    suffix: ClassVar[str] = ".wav"
    media_type: ClassVar[str] = "audio/wav"

    @cached_property
    def analysis(self) -> Analysis:
        """The part of the codec that needs no scale."""
        return Analysis(self.waveform, self.spectrogram, self.picture)

    @property
    def full_shape(self) -> tuple[int, int]:
        """Rows and frames before the picture is resized: bins, and the mask row if it has one."""
        bins, columns = self.analysis.shape
        return bins + self.picture.mask_row, columns

    @property
    def clip_settings(self) -> Waveform:
        """How a recording is levelled and cut into clips."""
        return self.waveform

    @property
    def sample_rate(self) -> int:
        """Samples per second."""
        return self.waveform.sample_rate

    @property
    def frames(self) -> Frames:
        """Lengths of the transform in samples."""
        return frames(self.spectrogram)

    @property
    def steps(self) -> tuple[int, int]:
        """Samples from one frame of a picture to the next, and in the window of a frame."""
        return self.spectrogram.hop_length, self.spectrogram.win_length

    @property
    def extent(self) -> tuple[float, float]:
        """Seconds that a picture spans, and its height in `unit`."""
        rows, columns = self.full_shape
        seconds = columns * self.spectrogram.hop_length / self.sample_rate
        if self.spectrogram.mel_bands:
            return seconds, rows
        return seconds, rows * self.sample_rate / self.spectrogram.n_fft / 1000

    @property
    def unit(self) -> str:
        """Name of a picture's rows, for an axis."""
        return "mel band" if self.spectrogram.mel_bands else "frequency [kHz]"

    @property
    def dynamic_range(self) -> float | None:
        """Decibels below a clip's highest value that are kept; None keeps everything."""
        return self.spectrogram.dynamic_range_db

    def analyse(self, item: Item) -> Spectrogram:
        """Samples [n] → spectrogram [bins, frames] in its unit; of a clip, or longer."""
        return self.analysis(item)

    def encode_full(self, values: Spectrogram, scale: Scale) -> Picture:
        """Scale what `analyse` returned to [0, 1], and append the mask row."""
        scaled = super().encode_full(values, scale)
        if self.picture.mask_row:
            return mask.append(scaled, values, self.analysis.lowest)
        return scaled

    def decode(
        self,
        pictures: Iterable[Picture],
        scales: Iterable[Scale],
        griffin_lim: GriffinLim,
        seed: int,
    ) -> Iterator[Samples]:
        """Pictures → levelled samples, in order, on all cores.

        A picture of T frames is a clip's if a clip has as many, else (T - 1) · hop_length samples.
        """

        def invert(image: Picture, scale: Scale) -> Samples:
            samples = self.invert(self.magnitude(image, scale), griffin_lim, seed)
            if self.picture.mask_row:
                fade = round(waveform.FADE_SECONDS * self.sample_rate)
                return mask.end_sound(samples, mask.recorded_frames(image[-1]), self.frames, fade)
            return samples

        # Threads suffice: FFTs and compiled loops release Python's lock.
        with ThreadPoolExecutor(environment.cores()) as threads:
            yield from threads.map(invert, pictures, scales)

    def invert(self, magnitude: Magnitude, griffin_lim: GriffinLim, seed: int) -> Samples:
        """Magnitudes of `magnitude` → samples of a levelled clip, or of another length."""
        n_frames = magnitude.shape[1]
        length = (n_frames - 1) * self.spectrogram.hop_length
        if n_frames == self.analysis.clip_frames:
            length = self.waveform.clip_length
        samples = spectrogram.magnitude_to_waveform(
            magnitude,
            self.frames,
            length,
            iterations=griffin_lim.iterations,
            momentum=griffin_lim.momentum,
            seed=seed,
        )
        # Powers keep a recording's own rumble as it is, and add none.
        keeps_rumble = self.spectrogram.scale == "power"
        return waveform.polish(samples, self.sample_rate, keeps_rumble)

    def magnitude(self, image: Picture, scale: Scale) -> Magnitude:
        """Picture → magnitudes [1 + n_fft / 2, frames]; bins not kept are zero.

        A clip's picture may have padding, which is dropped; one of another length has none.

        In decibels, 0 in the picture means `low` (the lowest of all pixels' limits) or less. It is
        decoded as silence, and everything else as much lower: a floor in every pixel would be
        heard as hiss. If clips were scaled by their own limits, the highest pixel is 1 again.
        """
        settings = self.spectrogram
        kept = self.analysis.to_magnitude(self._unscale(image, scale))
        if settings.scale == "db":
            floor = np.full(1, np.min(scale.low), np.float32)
            # Rounding leaves values just below the floor.
            kept = np.maximum(kept - self.analysis.to_magnitude(floor), 0)
        n_frames = kept.shape[1]
        if n_frames == self.full_shape[1]:
            n_frames = self.analysis.clip_frames
        whole = picture.uncrop(kept, settings.bins, n_frames, fill=0)
        if settings.mel_bands:
            return spectrogram.mel_to_magnitude(whole, self.sample_rate, settings.n_fft)
        return whole

    def restore_level(self, item: Item, scale: Scale) -> Item:
        """Undo the levelling of a clip; the result is within ±1."""
        return waveform.unlevel(item, scale.gain)

    def join(self, items: list[Item]) -> list[Item]:
        """Cross-fade clips [n] that overlap by half to one sound."""
        return [waveform.crossfade(np.stack(items), len(items[0]) // 2)]

    def embed(self, pictures: Iterable[Picture], scales: Iterable[Scale]) -> Floats32:
        """Log-mel embedding [N, bands · segments], in decibels below a white picture."""
        return np.stack([self._embed(*pair) for pair in zip(pictures, scales, strict=True)])

    def noise(self, rng: np.random.Generator) -> Item:
        """White noise of a clip's length."""
        samples = rng.normal(scale=NOISE_RMS, size=self.waveform.clip_length)
        return samples.astype(np.float32)

    def decibels(self, image: Picture, scale: Scale) -> Spectrogram:
        """Picture → decibels [bins, frames]; of mel bands if pictures are made of those."""
        return self._in_decibels(self._unscale(image, scale))

    def reanalysed_decibels(self, item: Item, scale: Scale) -> Spectrogram:
        """Decibels [bins, frames] of a clip, within the scale's limits."""
        heard = super().encode_full(self.analyse(item), scale)
        return self._in_decibels(picture.unscale(heard, scale.low, scale.high))

    def spectral_convergence(self, image: Picture, scale: Scale, item: Item) -> float:
        """Decibels by which samples miss the magnitudes of their picture."""
        magnitude = self.magnitude(image, scale)
        return spectrogram.spectral_convergence_db(magnitude, item, self.frames)

    def full_decibels(self, item: Item) -> Spectrogram:
        """Decibels [1 + n_fft / 2, frames] of a sound of any length."""
        magnitude = spectrogram.waveform_to_magnitude(item, self.frames)
        return spectrogram.magnitude_to_db(magnitude)

    def seconds(self, item: Item) -> float:
        """Duration of a sound in seconds."""
        return len(item) / self.sample_rate

    def read(self, path: Path, most_seconds: float) -> Excerpt:
        """Read a sound file as levelled clips that overlap by half."""
        settings = self.waveform
        levelled, gain = self._levelled(path, most_seconds)
        # Half, as the cross-fade of `join` needs.
        overlap = settings.clip_length // 2
        clips = waveform.overlapping(levelled, settings.clip_length, overlap, settings.fade_length)
        return Excerpt(list(clips), gain, len(levelled))

    def read_whole(self, path: Path) -> Excerpt:
        """Read a sound file as one levelled sound."""
        levelled, gain = self._levelled(path, math.inf)
        return Excerpt([levelled], gain, len(levelled))

    def write(self, path: Path, item: Item, comment: str = "") -> None:
        """Write a sound within ±1; the extension decides the format."""
        sound_files.write(path, item, self.sample_rate, comment)

    def settings(self) -> dict[str, Any]:
        """Sections of the parameters that rebuild the codec, as plain data."""
        own = {
            "waveform": params.plain(self.waveform),
            "spectrogram": params.plain(self.spectrogram),
        }
        return own | super().settings()

    def _levelled(self, path: Path, most_seconds: float) -> tuple[Samples, float]:
        """Return the first seconds of a file, resampled and levelled, and their gain."""
        settings = self.waveform
        with sound_files.streamed(path) as (blocks, sample_rate):
            samples = _first(blocks, most_seconds * sample_rate)
        resampled = waveform.resample(samples, sample_rate, settings.sample_rate)
        return waveform.level(resampled, settings.peak_dbfs)

    def _unscale(self, image: Picture, scale: Scale) -> Spectrogram:
        full = self.enlarge(image, self.full_shape)
        if self.picture.mask_row:
            full = mask.remove(full)
        if self.picture.scaling == "clip":
            full = picture.raise_peak(full)
        return picture.unscale(full, scale.low, scale.high)

    def _in_decibels(self, values: Spectrogram) -> Spectrogram:
        if self.spectrogram.scale == "db":
            return values
        return spectrogram.magnitude_to_db(self.analysis.to_magnitude(values))

    def _embed(self, image: Picture, scale: Scale) -> Floats32:
        power = self._mel_power(image, scale)
        # Relative to white, so that louder sounds lie apart from softer ones.
        decibels = librosa.power_to_db(power, ref=self._white_power, amin=1e-10, top_db=None)
        limited = np.maximum(decibels, -EMBEDDED_RANGE_DB)
        segments = np.array_split(limited, EMBEDDED_SEGMENTS, axis=1)
        means = [segment.mean(axis=1) for segment in segments if segment.size]
        return np.concatenate(means).astype(np.float32)

    @cached_property
    def _white_power(self) -> float:
        white = np.ones(self.shape, np.float32)
        return float(self._mel_power(white, self.typical).max())

    def _mel_power(self, image: Picture, scale: Scale) -> Floats32:
        """Power [bands, frames] of a picture."""
        if self.spectrogram.mel_bands:
            # Neighbouring bands are averaged: inverting mel bands to bins is slow.
            power = 10 ** (self.decibels(image, scale) / 10)
            groups = np.array_split(power, min(EMBEDDED_BANDS, len(power)))
            return np.stack([group.mean(axis=0) for group in groups])
        bins = self.magnitude(image, scale) ** 2
        return librosa.feature.melspectrogram(S=bins, sr=self.sample_rate, n_mels=EMBEDDED_BANDS)


def _first(blocks: Iterable[Samples], length: float) -> Samples:
    """Join the first `length` samples of some blocks; later blocks are not read."""
    taken = [np.zeros(0, np.float32)]
    so_far = 0
    for block in blocks:
        taken.append(block)
        so_far += len(block)
        if so_far >= length:
            break
    return np.concatenate(taken)[: int(min(so_far, length))]
