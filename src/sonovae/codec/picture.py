"""Spectrogram ↔ picture: the bins and frames that are kept, scaled to [0, 1], and resized."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[np.float32]
Item = NDArray[np.float32]
"""Samples of a clip [n], or an image [rows, columns] in [0, 1]."""
Limit = float | Array
"""One for the picture, or one for each pixel."""
SHARPNESS = 16
"""Of a peak that is raised: half of the rise reaches what is 4 % below it."""


def crop(spectrogram: Array, bins: int, frames: int, fill: float) -> Array:
    """[F, T] → [bins, frames]: the lowest bins; frames that are not there are `fill`."""
    kept = spectrogram[:bins]
    if kept.shape[1] == frames:
        return kept
    return np.pad(kept, ((0, 0), (0, frames - kept.shape[1])), constant_values=fill)


def uncrop(picture: Array, bins: int, frames: int, fill: float) -> Array:
    """The door back from `crop`: [F', T'] → [bins, frames]; bins that were not kept are `fill`."""
    kept = picture[:, :frames]
    return np.pad(kept, ((0, bins - kept.shape[0]), (0, 0)), constant_values=fill)


def resize(picture: Array, size: tuple[int, int], interpolation: str) -> Array:
    """[F, T] in [0, 1] → [F', T'] = `size`; downwards without aliasing, but for nearest. Its own door back."""
    if picture.shape == tuple(size):
        return picture
    rows, columns = size
    resized = Image.fromarray(picture).resize(
        (columns, rows), Image.Resampling[interpolation.upper()]
    )
    return np.clip(np.asarray(resized, np.float32), 0, 1)  # bicubic and lanczos overshoot


def limits(values: NDArray[np.floating], dynamic_range: float | None) -> tuple[float, float]:
    """The lowest and highest value, the lowest at most `dynamic_range` below the highest (None: no matter)."""
    low, high = float(values.min()), float(values.max())
    return (low if dynamic_range is None else max(low, high - dynamic_range)), high


def scale(spectrogram: Array, low: Limit, high: Limit) -> Array:
    """Values from `low` to `high` → [0, 1]; those outside are clipped."""
    bottom, top = (np.asarray(limit, np.float32) for limit in (low, high))
    span = np.maximum(top - bottom, np.finfo(np.float32).tiny)
    return np.clip((spectrogram - bottom) / span, 0, 1).astype(np.float32, copy=False)


def unscale(picture: Array, low: Limit, high: Limit) -> Array:
    """The door back from `scale`."""
    return (picture * np.subtract(high, low) + low).astype(np.float32)


def raise_peak(picture: Array) -> Array:
    """A picture in [0, 1] whose highest pixel should be 1 → the same with that, p + (1 − m) (p / m)^16, m being its
    highest: what lies well below the peak stays.

    A clip scaled by its own limits has 1 somewhere. A decoder that is not sure where makes less of it, and as a sound
    the clip would lack its peaks: scaled by its own limits again, all of it would come out brighter.
    """
    peak = float(picture.max())
    return (
        picture
        if peak <= 0
        else picture + np.float32(1 - peak) * (picture / np.float32(peak)) ** SHARPNESS
    )
