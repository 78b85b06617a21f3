"""Values for which a picture's 0 and 1 stand, and how typical ones follow from training clips."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from sonovae.arrays import Floats32, Floats64, Spectrogram
from sonovae.codec import picture
from sonovae.codec.picture import Limit
from sonovae.params.preprocess import Picture as PictureSettings


@dataclass(frozen=True)
class Scale:
    """Values of 0 and 1 in the spectrogram's unit, and the gain that levelled the recording."""

    low: Limit
    high: Limit
    gain: float


def typical(
    settings: PictureSettings,
    dynamic_range: float | None,
    values: Iterable[Spectrogram],
    limits: Floats64,
    gains: Floats64,
) -> Scale:
    """Scale for pictures that were never a clip, from training clips.

    `limits` [N, 2] and `gains` [N] are those of the clips. The N `values` [bins, frames] are read
    only if each pixel has limits of its own. `dynamic_range` is in their unit.
    """
    low: Limit
    high: Limit
    if settings.scaling == "clip":
        low, high = np.median(limits, axis=0).tolist()
    elif settings.scaling == "dataset":
        low, high = picture.limits(limits, dynamic_range)
    elif settings.scaling == "pixel":
        low, high = _pixel_limits(values, *picture.limits(limits, dynamic_range))
    else:
        low, high = settings.range or (0.0, 1.0)
    return Scale(low, high, float(np.median(gains)))


def _pixel_limits(
    values: Iterable[Spectrogram], bottom: float, top: float
) -> tuple[Floats32, Floats32]:
    """Lowest and highest value of each pixel, not below `bottom`."""
    pending = iter(values)
    low = high = next(pending)
    for clip in pending:
        low = np.minimum(low, clip)
        high = np.maximum(high, clip)
    low = np.maximum(low, bottom)
    # A pixel that hardly varies would turn noise into black and white.
    return low, np.maximum(high, low + 0.01 * np.float32(top - bottom))
