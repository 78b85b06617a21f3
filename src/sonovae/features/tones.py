"""Second tones: lines in a spectrum that are no harmonics of the strongest one."""

import numpy as np
import scipy.fft
import scipy.signal

from sonovae.arrays import Floats64, Samples
from sonovae.features import pitch
from sonovae.features.pitch import Track

LEAST_DB = -12.0
"""Level of a second tone below the strongest line, from which it is heard as one."""
LEAST_SHARE = 0.1
"""Share of the loud frames that must hold a second tone."""
WIDTH_HZ = 60.0
"""Distance from a harmonic within which a line belongs to it: the lobe of a Hann window."""
GLIDE = 0.08
"""The same as a share of the frequency: a glide of 25 semitones a second, within a frame."""
HARMONICS = 8
"""Highest multiple of the strongest line that is a harmonic."""


def has_second(samples: Samples, sample_rate: int, track: Track) -> bool:
    """Whether samples [n] hold another tone in more than `LEAST_SHARE` of the loud frames."""
    frames = pitch.framed(samples, sample_rate)[track.loud]
    return bool((_second_level(frames, sample_rate) > LEAST_DB).mean() > LEAST_SHARE)


def _second_level(frames: Floats64, sample_rate: int) -> Floats64:
    """Level [frames] of the strongest other line, in dB below the strongest line."""
    length = frames.shape[1]
    window = scipy.signal.get_window("hann", length)
    spectrum = np.abs(scipy.fft.rfft(frames * window, axis=1)) + 1e-9
    hz = scipy.fft.rfftfreq(length, 1 / sample_rate)
    strongest = hz[spectrum.argmax(axis=1)][:, np.newaxis]
    # Multiples of half the strongest line too: it may be a second harmonic itself.
    halves = np.clip(np.round(2 * hz / np.maximum(strongest, hz[1])), 1, 2 * HARMONICS)
    multiples = halves / 2 * strongest
    belongs = np.abs(hz - multiples) < np.maximum(WIDTH_HZ, GLIDE * multiples)
    others = np.where(belongs, 0, spectrum).max(axis=1)
    return np.asarray(20 * np.log10(np.maximum(others, 1e-9) / spectrum.max(axis=1)))
