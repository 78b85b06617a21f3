"""The mask row of a picture ↔ the end of a recording that is shorter than its clip.

Samples after a recording's end are zeros. So are the magnitudes of frames whose windows begin
after it: the last row of a picture is 1 in the frames before those, and 0 in them.
"""

import numpy as np

from sonovae.arrays import Floats32, Picture, Samples, Spectrogram
from sonovae.codec import waveform
from sonovae.codec.spectrogram import Frames

TOLERANCE = 1e-6
"""Share by which silence may differ in its last bits, if another machine computed its decibels."""


def append(picture: Picture, values: Spectrogram, lowest: float) -> Picture:
    """Append the mask row to a picture [bins, frames]: [bins + 1, frames].

    The recording lasts to the last frame of the unscaled `values` [bins, frames] that has one above
    the `lowest`, which stands for silence.
    """
    sounding = np.flatnonzero(values.max(axis=0) > lowest + TOLERANCE * abs(lowest))
    # The last of them, not their number: a recording may hold silence.
    row = np.arange(values.shape[1]) <= sounding.max(initial=-1)
    return np.vstack([picture, row.astype(np.float32)])


def remove(picture: Picture) -> Picture:
    """Invert `append`: [bins + 1, frames] → [bins, frames], black after the recording's end."""
    kept = picture[:-1].copy()
    kept[:, recorded_frames(picture[-1]) :] = 0
    return kept


def recorded_frames(row: Floats32) -> int:
    """Number of frames before the recording's end, from a mask row [frames] with errors.

    It parts the row best: the sum of (row - 1/2) before it is the largest.
    """
    sums = np.cumsum(np.clip(row, 0, 1) - 0.5, dtype=float)
    return int(np.argmax([0, *sums]))


def end_sound(samples: Samples, n_frames: int, frames: Frames, fade: int) -> Samples:
    """Fade samples [n] out to the end of `n_frames`, and replace those after it by zeros.

    The window of the next frame begins there, within a hop of the recording's end. A sound that
    fills all of its frames is returned unchanged.
    """
    hop_length = frames["hop_length"]
    if n_frames > len(samples) // hop_length:
        return samples
    margin = (frames["n_fft"] - frames["win_length"]) // 2
    end = max(0, n_frames * hop_length - frames["n_fft"] // 2 + margin)
    ended = np.zeros_like(samples)
    ended[:end] = samples[:end]
    waveform.fade(ended[:end], min(fade, end), rises=False, falls=True)
    return ended
