"""How voiced a sound is: harmonicity, cepstral peak, jumps and jitter of the pitch."""

import numpy as np
import scipy.fft
import scipy.signal

from sonovae.arrays import Floats64, Samples
from sonovae.features import pitch
from sonovae.features.pitch import Range, Track

LEAST_STRENGTH = 1e-3
"""Autocorrelation at which the harmonics-to-noise ratio ends: -30 dB."""
JUMP_SEMITONES = 9.0
"""Change of pitch between two frames that no voice makes, but an octave error does."""
FIRST_QUEFRENCY = 0.001
"""Seconds from which the line under the cepstrum is fitted; the envelope lies below."""


def hnr(track: Track) -> float:
    """Median harmonics-to-noise ratio of the loud frames in dB, 10 log10(r / (1 - r)).

    r is the autocorrelation at the period (Boersma 1993).
    """
    r = np.maximum(track.strength[track.loud], LEAST_STRENGTH)
    return float(np.median(10 * np.log10(r / (1 - r))))


def voiced_share(track: Track) -> float:
    """Share of the audible frames that are voiced."""
    return float(track.voiced.sum() / track.audible.sum())


def octave_jumps(track: Track) -> float:
    """Share of the steps between voiced frames that are jumps; NaN without such steps."""
    steps = _steps(track)
    return float((steps > JUMP_SEMITONES).mean()) if len(steps) else np.nan


def jitter(track: Track) -> float:
    """Median change of pitch between neighbouring voiced frames in cents; NaN without any."""
    steps = _steps(track)
    return float(100 * np.median(steps)) if len(steps) else np.nan


def pitch_span(track: Track) -> float:
    """Semitones from the 5 % to the 95 % quantile of the voiced frames' pitch; NaN without any."""
    if not track.voiced.any():
        return np.nan
    low, high = np.quantile(track.hz[track.voiced], [0.05, 0.95])
    return float(12 * np.log2(high / low))


def cepstral_peak(samples: Samples, sample_rate: int, track: Track, pitches: Range) -> float:
    """Median cepstral peak prominence of the loud frames in dB (Hillenbrand et al. 1994).

    It is the height of the cepstrum's peak over a line that is fitted to the cepstrum.
    """
    frames = pitch.framed(samples, sample_rate)[track.loud]
    cepstrum = _cepstrum(frames)
    seconds = np.arange(cepstrum.shape[1]) / sample_rate
    fitted = seconds >= FIRST_QUEFRENCY
    slope, offset = np.polyfit(seconds[fitted], cepstrum[:, fitted].T, 1)
    over_line = cepstrum - (slope[:, np.newaxis] * seconds + offset[:, np.newaxis])
    allowed = fitted & (seconds >= 1 / pitches.highest) & (seconds <= 1 / pitches.lowest)
    if not allowed.any():
        return np.nan
    return float(np.median(over_line[:, allowed].max(axis=1)))


def _cepstrum(frames: Floats64) -> Floats64:
    """Cepstrum in dB [frames, half of their length]."""
    length = frames.shape[1]
    window = scipy.signal.get_window("hann", length)
    spectrum = np.abs(scipy.fft.rfft(frames * window, axis=1))
    decibels = 20 * np.log10(np.maximum(spectrum, 1e-7))
    cepstrum = np.abs(scipy.fft.irfft(decibels, axis=1))[:, : length // 2]
    return 20 * np.log10(np.maximum(cepstrum, 1e-7))


def _steps(track: Track) -> Floats64:
    """Changes of pitch between neighbouring voiced frames in semitones, at least 0."""
    both = track.voiced[1:] & track.voiced[:-1]
    octaves = np.log2(np.where(both, track.hz[1:], 1) / np.where(both, track.hz[:-1], 1))
    return np.asarray(12 * np.abs(octaves[both]))
