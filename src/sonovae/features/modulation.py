"""Modulation energy of a sound: how much of it changes fast in time, or finely in frequency."""

import numpy as np
import scipy.fft

from sonovae.arrays import Floats32

FAST = 0.25
"""Cycles a frame of the log-mel spectrogram from which a modulation is fast: 31 Hz."""
FINE = 0.125
"""Cycles a bin of the fine spectrogram from which a modulation is fine: harmonics 167 Hz apart."""


def fast(log_mel: Floats32) -> float:
    """Mean energy of the fast modulations of a log-mel spectrogram [bands, frames], in dB²."""
    return _energy(log_mel, axis=1, from_cycles=FAST)


def fine(spectrogram: Floats32) -> float:
    """Mean energy of the fine modulations of a fine spectrogram [bins, frames]."""
    return _energy(spectrogram, axis=0, from_cycles=FINE)


def _energy(values: Floats32, axis: int, from_cycles: float) -> float:
    """Mean power [per pixel] of frequencies along an axis that are at least `from_cycles`."""
    length = values.shape[axis]
    # Both halves of the spectrum, so that the highest frequency does not count twice.
    spectrum = scipy.fft.fft(values.astype(float), axis=axis)
    chosen = np.abs(scipy.fft.fftfreq(length)) >= from_cycles
    power = np.compress(chosen, np.abs(spectrum) ** 2, axis=axis).sum()
    return float(power / length / values.size)
