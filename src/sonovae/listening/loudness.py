"""Equal loudness of sounds (ITU-R BS.1770, by pyloudnorm)."""

from collections.abc import Sequence

import numpy as np
import pyloudnorm

from sonovae.arrays import Floats64, Samples

TARGET = -23.0
"""Loudness of a study's sounds in LUFS (EBU R 128); less if one of them would clip."""
PEAK_DBFS = -1.0
"""Highest peak of a study's sounds, which leaves room for a player's resampling."""
BLOCK_SECONDS = 0.4
"""Length of BS.1770's gating blocks; a shorter sound is one block."""


def of(samples: Samples, sample_rate: int) -> float:
    """Return the integrated loudness of a sound [n] in LUFS; -inf if all is below -70 LUFS."""
    block = min(BLOCK_SECONDS, len(samples) / sample_rate)
    meter = pyloudnorm.Meter(sample_rate, block_size=block)
    return float(meter.integrated_loudness(samples.astype(float)))


def equal(sounds: Sequence[Samples], sample_rate: int) -> tuple[list[Samples], Floats64, float]:
    """Scale sounds [n] within ±1 to one loudness that all can have without clipping.

    Returns them, the loudness of each before, and the common one, in LUFS. Silence stays silent.
    """
    before = np.array([of(samples, sample_rate) for samples in sounds])
    # The sound with the highest peak for its loudness limits all of them.
    target = TARGET
    for samples, loudness in zip(sounds, before, strict=True):
        if np.isfinite(loudness):
            peak = 20 * np.log10(max(float(np.abs(samples).max(initial=0)), 1e-10))
            target = min(target, loudness + PEAK_DBFS - peak)
    scaled = []
    for samples, loudness in zip(sounds, before, strict=True):
        gain = 10 ** ((target - loudness) / 20) if np.isfinite(loudness) else 1.0
        scaled.append((samples * gain).astype(np.float32))
    return scaled, before, target
