"""Level of a sound, how much it varies, and how long the sound lasts."""

import numpy as np

from sonovae.arrays import Flags, Samples
from sonovae.features.pitch import Track

SOUND_DB = 40.0
"""Decibels below the loudest frame within which a frame is sound, not silence."""
SILENCE = 1e-5
"""Peak at which levels end, -100 dBFS."""


def peak(samples: Samples) -> float:
    """Peak level of samples [n] in dBFS, at least -100."""
    return float(20 * np.log10(max(SILENCE, np.abs(samples).max(initial=0))))


def crest(samples: Samples, track: Track) -> float:
    """Peak of samples [n] over the mean RMS of their loud frames in dB."""
    return peak(samples) - float(track.level[track.loud].mean())


def sound_share(track: Track) -> float:
    """Share of the frames that are sound."""
    return float(_is_sound(track).mean())


def deviation(track: Track) -> float:
    """Standard deviation of the level in dB, from the first to the last frame of sound.

    Frames count at most `SOUND_DB` below the loudest, so that a drop-out has a finite weight.
    """
    frames = np.flatnonzero(_is_sound(track))
    inside = track.level[frames[0] : frames[-1] + 1]
    return float(np.maximum(inside, track.level.max() - SOUND_DB).std())


def _is_sound(track: Track) -> Flags:
    return np.asarray(track.level >= track.level.max() - SOUND_DB)
