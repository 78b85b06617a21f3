"""Lengths of sounds: seconds, samples, frames of a picture, latent frames."""

from dataclasses import dataclass

import numpy as np

from sonovae.arrays import Item
from sonovae.codec import waveform
from sonovae.codec.base import Codec
from sonovae.errors import UserError
from sonovae.model.saved_model import Model

MOST_BYTES = 2**31
"""Memory that the decoder of one sound may take."""
BYTES_A_PIXEL = 256
"""Bytes that the decoder needs for each pixel of a picture, measured with 16 channels."""


@dataclass(frozen=True)
class Grid:
    """Sizes of a model that makes sounds of any length: samples in a second, from one frame of a
    picture to the next and in a frame's window; frames of a picture in a latent frame; frames and
    samples of a clip; the longest sound in seconds."""

    sample_rate: int
    hop_length: int
    win_length: int
    latent_frame: int
    clip_frames: int
    clip_length: int
    most_seconds: float

    def samples(self, seconds: float) -> int:
        """Return the number of samples in so many seconds."""
        return round(seconds * self.sample_rate)

    def check(self, seconds: float, name: str) -> None:
        """Raise UserError, beginning with `name`, for a length that no sound can have."""
        # NaN is refused, too: it compares as false.
        if not 1 / self.sample_rate <= seconds <= self.most_seconds:
            raise UserError(
                f"{name}: a sound must have at least one sample, and at most"
                f" {self.most_seconds:.0f} s, which fits into memory"
            )

    def latent_frames(self, samples: int) -> int:
        """Return the least number of latent frames that decode to so many samples."""
        frames = 1 + -(-samples // self.hop_length)
        count = -(-frames // self.latent_frame)
        # A picture with the frames of a clip is decoded to a clip, without its padding.
        is_clip = count * self.latent_frame == self.clip_frames
        return count + 1 if is_clip and samples > self.clip_length else count

    def touched(self, start: int, end: int) -> tuple[int, int]:
        """Return the first latent frame that hears samples from `start` to `end`, and the first
        one after those that do."""
        half = self.win_length // 2
        # The window of frame t begins at t · hop_length - half.
        first = max(0, (start - half) // self.hop_length + 1)
        after = -(-(end + half) // self.hop_length)
        return first // self.latent_frame, -(-after // self.latent_frame)

    @property
    def least_samples(self) -> int:
        """Samples of a recording that a latent frame hears, and nothing beyond."""
        return (self.latent_frame - 1) * self.hop_length + self.win_length // 2


def sizes(model: Model, codec: Codec) -> Grid | None:
    """Return the sizes of a model; None if its sounds have one length only."""
    sequence = model.architecture.sequence
    clip = codec.clip_settings
    # Both are made for the picture of a clip.
    is_fixed = codec.picture.size is not None or codec.picture.scaling == "pixel"
    if clip is None or sequence is None or model.space.flow is None or is_fixed:
        return None
    rows, frames = codec.shape
    hop_length, win_length = codec.steps
    most_pixels = MOST_BYTES / BYTES_A_PIXEL
    return Grid(
        clip.sample_rate,
        hop_length,
        win_length,
        sequence.frames,
        frames,
        clip.clip_length,
        most_pixels / rows * hop_length / clip.sample_rate,
    )


def grid(model: Model, codec: Codec, name: str) -> Grid:
    """Return the sizes of a model; UserError, beginning with `name`, if its sounds have one length
    only."""
    found = sizes(model, codec)
    if found is None:
        raise UserError(
            f"{name}: this model makes sounds of one length; others need train.sequence,"
            " prior.kind = flow, preprocess.picture.size = null and a scaling other than pixel"
        )
    return found


def latent_frames(model: Model, codec: Codec, seconds: float | None) -> int | None:
    """Return the latent frames of a sound of so many seconds; None for a clip's.

    Raises UserError if the model makes sounds of one length only, or none so long.
    """
    if seconds is None:
        return None
    name = f"generate.seconds = {seconds:g}"
    found = grid(model, codec, name)
    found.check(seconds, name)
    return found.latent_frames(found.samples(seconds))


def cut(item: Item, samples: int, sample_rate: int) -> Item:
    """Return the first samples of a sound [n ≥ samples], faded out where it is cut."""
    if len(item) == samples:
        return item
    kept = np.array(item[:samples])
    fade = min(round(waveform.FADE_SECONDS * sample_rate), samples)
    return waveform.fade(kept, fade, rises=False, falls=True)
