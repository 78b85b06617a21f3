"""Second tones: lines in a spectrum that are no harmonics of the strongest one."""

import numpy as np
import scipy.fft
import scipy.ndimage
import scipy.signal

from sonovae.arrays import Flags, Floats64, Samples
from sonovae.features import pitch
from sonovae.features.pitch import Track

LEAST_DB = -12.0
"""Level of a second tone below the strongest line, from which it is heard as one."""
LEAST_SHARE = 0.1
"""Share of the loud and steady frames that must hold a second tone."""
STEADY_SEMITONES = 1.0
"""Change of the strongest line within a frame below which a note is held."""
WIDTH_HZ = 60.0
"""Distance from a harmonic within which a line belongs to it: the lobe of a Hann window."""
GLIDE = 0.03
"""Distance as a share of the frequency: a glide of half a semitone within a frame."""
HARMONICS = 8
"""Highest multiple of the strongest line that is a harmonic."""


def has_second(samples: Samples, sample_rate: int, track: Track) -> bool:
    """Whether samples [n] hold another tone in more than `LEAST_SHARE` of the steady frames."""
    frames = pitch.framed(samples, sample_rate)
    window = scipy.signal.get_window("hann", frames.shape[1])
    spectrum = np.abs(scipy.fft.rfft(frames * window, axis=1))
    hz = scipy.fft.rfftfreq(frames.shape[1], 1 / sample_rate)
    strongest = np.maximum(hz[spectrum.argmax(axis=1)], hz[1])
    chosen = track.loud & _is_steady(strongest)
    if not chosen.any():
        return False
    levels = _second_level(spectrum[chosen], hz, strongest[chosen])
    return bool((levels > LEAST_DB).mean() > LEAST_SHARE)


def _is_steady(strongest: Floats64) -> Flags:
    """Frames [frames] within which the strongest line stays: others hold two notes in turn."""
    octaves = np.log2(strongest)
    # As many hops to either side as a frame has.
    size = 2 * round(pitch.FRAME_SECONDS / pitch.HOP_SECONDS) + 1
    highest = scipy.ndimage.maximum_filter1d(octaves, size, mode="nearest")
    lowest = scipy.ndimage.minimum_filter1d(octaves, size, mode="nearest")
    return highest - lowest < STEADY_SEMITONES / 12


def _second_level(spectrum: Floats64, hz: Floats64, strongest: Floats64) -> Floats64:
    """Level [frames] of the strongest other line, in dB below the strongest line."""
    line = strongest[:, np.newaxis]
    multiples = np.clip(np.round(hz / line), 1, HARMONICS) * line
    belongs = np.abs(hz - multiples) < np.maximum(WIDTH_HZ, GLIDE * multiples)
    others = np.where(belongs, 0, spectrum).max(axis=1)
    # Silence holds no tones.
    loudest = np.maximum(spectrum.max(axis=1), 1e-6)
    return np.asarray(20 * np.log10(np.maximum(others, 1e-9) / loudest))
