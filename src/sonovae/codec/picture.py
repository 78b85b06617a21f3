"""Spectrogram ↔ picture: crop to the kept bins and frames, scale to [0, 1], resize."""

import numpy as np
from PIL import Image

from sonovae.arrays import Floats, Floats32, Picture, Spectrogram

Limit = float | Floats32
"""Value of black or white: one for the picture, or one for each pixel [rows, columns]."""
SHARPNESS = 16
"""Exponent of the rise in `raise_peak`: a value 4 % below the peak gets half of the rise."""


def crop(spectrogram: Spectrogram, bins: int, frames: int, fill: float) -> Spectrogram:
    """Keep the lowest `bins` of a spectrogram [F, T ≤ frames]; missing frames are `fill`."""
    kept = spectrogram[:bins]
    if kept.shape[1] == frames:
        return kept
    return np.pad(kept, ((0, 0), (0, frames - kept.shape[1])), constant_values=fill)


def uncrop(cropped: Spectrogram, bins: int, frames: int, fill: float) -> Spectrogram:
    """Invert `crop`: [F ≤ bins, T ≥ frames] → [bins, frames]; bins that were dropped are `fill`."""
    kept = cropped[:, :frames]
    return np.pad(kept, ((0, bins - kept.shape[0]), (0, 0)), constant_values=fill)


def resize(picture: Picture, size: tuple[int, int], interpolation: str) -> Picture:
    """Resize a picture [rows, columns] in [0, 1] to `size`; its own inverse, up to lost detail."""
    if picture.shape == tuple(size):
        return picture
    rows, columns = size
    method = Image.Resampling[interpolation.upper()]
    # Pillow filters what would alias, except with `nearest`.
    resized = np.asarray(Image.fromarray(picture).resize((columns, rows), method), np.float32)
    return np.clip(resized, 0, 1)  # bicubic and lanczos overshoot


def limits(values: Floats, dynamic_range: float | None) -> tuple[float, float]:
    """Lowest and highest of values [bins, frames] or [N, 2], at most `dynamic_range` apart."""
    low = float(values.min())
    high = float(values.max())
    if dynamic_range is not None:
        low = max(low, high - dynamic_range)
    return low, high


def scale(spectrogram: Spectrogram, low: Limit, high: Limit) -> Picture:
    """Map values [bins, frames] from [low, high] to [0, 1]; clip those outside."""
    bottom = np.asarray(low, np.float32)
    top = np.asarray(high, np.float32)
    # A span of zero (silence) must not divide by zero; such a clip becomes black.
    span = np.maximum(top - bottom, np.finfo(np.float32).tiny)
    return np.clip((spectrogram - bottom) / span, 0, 1).astype(np.float32, copy=False)


def unscale(picture: Picture, low: Limit, high: Limit) -> Spectrogram:
    """Invert `scale`: map a picture [rows, columns] from [0, 1] to [low, high]."""
    return (picture * np.subtract(high, low) + low).astype(np.float32)


def raise_peak(picture: Picture) -> Picture:
    """Raise the highest pixel m of a picture in [0, 1] to 1: p + (1 − m) (p / m)^16.

    A clip scaled by its own limits has a pixel of 1. A decoder that is unsure where that is makes
    it less, and the sound would lack its peaks. Scaling by limits again would brighten everything;
    this leaves what is well below the peak.
    """
    peak = float(picture.max())
    if peak <= 0:
        return picture
    rise = np.float32(1 - peak)
    return picture + rise * (picture / np.float32(peak)) ** SHARPNESS
