"""How loud sounds are heard, and sounds that are equally loud (ITU-R BS.1770, by pyloudnorm)."""

from collections.abc import Sequence

import numpy as np
import pyloudnorm
from numpy.typing import NDArray

from sonovae.arrays import Samples

TARGET = -23.0
"""LUFS that all sounds of a study have (EBU R 128), or less where one of them would clip."""
PEAK_DBFS = -1.0
"""That no sound goes over."""
BLOCK_SECONDS = 0.4
"""Of the gating blocks; a shorter sound is one block."""


def of(samples: Samples, sample_rate: int) -> float:
    """Integrated loudness of a sound [n] in LUFS; -inf for one that is silent, under -70 LUFS throughout."""
    block = min(BLOCK_SECONDS, len(samples) / sample_rate)
    return float(
        pyloudnorm.Meter(sample_rate, block_size=block).integrated_loudness(samples.astype(float))
    )


def equal(
    sounds: Sequence[Samples], sample_rate: int
) -> tuple[list[Samples], NDArray[np.float64], float]:
    """Sounds in [-1, 1] → the same, equally loud; how loud each was, and how loud they are now, in LUFS.

    The loudness is one that all can have without clipping. A silent sound stays as it is: nothing makes it loud.
    """
    before = np.array([of(each, sample_rate) for each in sounds])
    peaks = [20 * np.log10(max(float(np.abs(each).max(initial=0)), 1e-10)) for each in sounds]
    limits = [
        loud + PEAK_DBFS - peak
        for loud, peak in zip(before, peaks, strict=True)
        if np.isfinite(loud)
    ]
    target = min([TARGET, *limits])
    gains = [10 ** ((target - loud) / 20) if np.isfinite(loud) else 1.0 for loud in before]
    return (
        [(each * gain).astype(np.float32) for each, gain in zip(sounds, gains, strict=True)],
        before,
        target,
    )
