"""Recordings that go on or have a gap: a flow draws latent frames between those that are known.

The parts before and after a gap are encoded by themselves, so that no known latent frame hears the
gap or the end of the recording, and all frames are decoded together, without a seam.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonovae.arrays import Floats32, Latents, Picture, Samples
from sonovae.codec.scaling import Scale
from sonovae.distributions.flow import Flow, Request
from sonovae.errors import UserError
from sonovae.generation import lengths, reconstruction
from sonovae.generation.lengths import Grid
from sonovae.generation.sounds import Origin, Sounds
from sonovae.generation.transcoder import Transcoder
from sonovae.model import latent


@dataclass(frozen=True)
class Known:
    """Latent frames [T′, C] of a recording with a gap, and the mask [T′] of those that are known;
    the scale of its picture, and the samples of the whole sound."""

    z: Latents
    mask: NDArray[np.bool_]
    scale: Scale
    samples: int


@dataclass(frozen=True)
class Gapped:
    """Levelled samples of a recording, and its gain; those from `start` to `end` are unknown."""

    samples: Samples
    gain: float
    start: int
    end: int


@dataclass(frozen=True)
class Continuation:
    """A model that continues recordings and fills gaps, and what is asked of its flow."""

    transcoder: Transcoder
    flow: Flow
    grid: Grid
    asked: Request

    def extend(self, source: Path, seconds: float, n: int) -> Sounds:
        """Continue a recording for so many seconds, in n ways.

        Raises UserError for a recording that is too short, or a sound that is too long.
        """
        name = f"seconds = {seconds:g}"
        self.grid.check(seconds, name)
        whole = reconstruction.read_whole(self.transcoder.codec, source)
        rate = self.grid.sample_rate
        length = len(whole.items[0])
        least = self.grid.least_samples
        if length < least:
            raise UserError(
                f"{source}: lasts {length / rate:.3g} s; a recording to be continued must last at"
                f" least {least / rate:.3g} s, a latent frame"
            )
        total = length + self.grid.samples(seconds)
        self.grid.check(total / rate, f"{name} after {length / rate:.3g} s of {source.name}")
        longer = np.pad(whole.items[0], (0, total - length))
        known = self._encode(Gapped(longer, whole.gain, length, total))
        how = {"from": f"extend {source.name}", "seconds": seconds}
        return self._sounds(known, n, how)

    def fill(self, source: Path, start: float, end: float, n: int) -> Sounds:
        """Fill the gap of a recording from second `start` to second `end`, in n ways.

        Raises UserError for a gap outside of the recording, or one that leaves nothing of it.
        """
        gap = f"start = {start:g}, end = {end:g}"
        if not 0 <= start < end:
            raise UserError(f"{gap}: start must be at least 0, and less than end")
        whole = reconstruction.read_whole(self.transcoder.codec, source)
        length = len(whole.items[0])
        seconds = length / self.grid.sample_rate
        if not end <= seconds:
            raise UserError(f"{gap}: end must be at most {seconds:.3f}, where {source.name} ends")
        self.grid.check(seconds, str(source))
        first = self.grid.samples(start)
        # A gap of less than a sample is one of a sample.
        last = max(self.grid.samples(end), first + 1)
        known = self._encode(Gapped(whole.items[0], whole.gain, first, last))
        if not known.mask.any():
            raise UserError(f"{gap}: the gap leaves no latent frame of {source.name}: shorten it")
        how = {"from": f"fill {source.name}", "start": start, "end": end}
        return self._sounds(known, n, how)

    def _sounds(self, known: Known, n: int, how: dict[str, Any]) -> Sounds:
        """Draw what is unknown, and make sounds as loud as the recording."""
        transcoder = self.transcoder
        rng = np.random.default_rng(transcoder.seed)
        z = self.flow.draw(n, self.asked, rng, len(known.z), (known.z, known.mask))
        pictures = transcoder.decode(z)
        items = []
        for item in transcoder.invert(pictures, [known.scale] * n):
            whole = lengths.cut(item, known.samples, self.grid.sample_rate)
            items.append(transcoder.codec.restore_level(whole, known.scale))
        how |= {"steps": self.asked.steps, "guidance": self.asked.guidance}
        asked = {"label": self.asked.label, "group": self.asked.group}
        how |= {name: value for name, value in asked.items() if value is not None}
        return Sounds(items, Origin(transcoder.codec, z, pictures, transcoder.about(how)))

    def _encode(self, gapped: Gapped) -> Known:
        """Encode what lies before and after the gap."""
        length = len(gapped.samples)
        count = self.grid.latent_frames(length)
        start, stop = self.grid.touched(gapped.start, gapped.end)
        if gapped.end >= length:
            # What follows the sound is nothing to lead to.
            stop = count
        picture, scale = self._picture(gapped, count)
        size = self.grid.latent_frame
        z = np.zeros((count, self.flow.channels), np.float32)
        z[:start] = self._means(picture[:, : start * size])
        z[stop:] = self._means(picture[:, stop * size :])
        place = np.arange(count)
        return Known(z, (place < start) | (place >= stop), scale, length)

    def _picture(self, gapped: Gapped, count: int) -> tuple[Picture, Scale]:
        """Return the picture [rows, frames] of so many latent frames."""
        frames = count * self.grid.latent_frame
        length = (frames - 1) * self.grid.hop_length
        padded = np.pad(gapped.samples, (0, max(0, length - len(gapped.samples))))
        picture, scale = self.transcoder.codec.encode_item(padded, gapped.gain)
        kept = picture[:, :frames].copy()
        if self.transcoder.codec.picture.mask_row:
            # The sound goes on in the gap, also where the recording before it ends in silence.
            kept[-1, : 1 + gapped.start // self.grid.hop_length] = 1
        return kept, scale

    def _means(self, picture: Picture) -> Floats32:
        """Encode a picture [rows, frames] to latent frames [T′, C]; one without frames to none."""
        if not picture.shape[1]:
            return np.zeros((0, self.flow.channels), np.float32)
        # One row: a long recording needs memory for all its frames.
        posterior = latent.encode(self.transcoder.model.encoder, picture[np.newaxis], size=1)
        return posterior.mean.reshape(-1, self.flow.channels)


def prepare(transcoder: Transcoder, asked: Request, name: str) -> Continuation:
    """Return what continues recordings.

    Raises UserError, beginning with `name`, if the model has no flow over sequences, and if that
    knows no such label or group.
    """
    grid = lengths.grid(transcoder.model, transcoder.codec, name)
    flow = transcoder.model.space.flow
    if flow is None:
        raise ValueError("a model whose sounds have any length has a flow")
    flow.condition(asked, 1)
    return Continuation(transcoder, flow, grid, asked)
