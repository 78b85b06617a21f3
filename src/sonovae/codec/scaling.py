"""What a picture's 0 and 1 stand for: the limits of a clip, of the training split, of each of its pixels, or fixed."""

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonovae.codec import picture
from sonovae.codec.picture import Array, Limit
from sonovae.params.preprocess import Preprocess


@dataclass(frozen=True)
class Scale:
    """What a picture's 0 and 1 stand for, in the spectrogram's unit, one for all pixels or one for each; and the gain
    that levelled its recording."""

    low: Limit
    high: Limit
    gain: float


def limits(values: Array, p: Preprocess) -> tuple[float, float]:
    """The lowest and highest value of a clip, at most the dynamic range apart."""
    return picture.limits(values, _dynamic_range(p))


def typical(
    p: Preprocess, values: Iterable[Array], limits: NDArray[np.float64], gains: NDArray[np.float64]
) -> Scale:
    """The scale for what never was a clip, from training clips' limits [n, 2], gains [n] and values [bins, frames],
    which are read where they are needed."""
    low, high = SCALING[p.picture.scaling](p, values, limits)
    return Scale(low, high, float(np.median(gains)))


def _middle(
    p: Preprocess, values: Iterable[Array], limits: NDArray[np.float64]
) -> tuple[Limit, Limit]:
    """The medians of the clips' own limits."""
    low, high = np.median(limits, axis=0)
    return float(low), float(high)


def _of_all(
    p: Preprocess, values: Iterable[Array], limits: NDArray[np.float64]
) -> tuple[Limit, Limit]:
    """The lowest and highest value of all clips, at most the dynamic range apart."""
    return picture.limits(limits, _dynamic_range(p))


def _of_each_pixel(
    p: Preprocess, values: Iterable[Array], limits: NDArray[np.float64]
) -> tuple[Limit, Limit]:
    """Each pixel's lowest and highest value, not under the lowest of all; a hundredth of their span apart, at least."""
    bottom, top = picture.limits(limits, _dynamic_range(p))
    low, high = functools.reduce(_wider, ((each, each) for each in values))
    low = np.maximum(low, bottom)
    return low, np.maximum(high, low + 0.01 * np.float32(top - bottom))


def _wider(a: tuple[Array, Array], b: tuple[Array, Array]) -> tuple[Array, Array]:
    return np.minimum(a[0], b[0]), np.maximum(a[1], b[1])


def _given(
    p: Preprocess, values: Iterable[Array], limits: NDArray[np.float64]
) -> tuple[Limit, Limit]:
    return p.picture.range or (0.0, 1.0)


SCALING: dict[str, Callable[..., tuple[Limit, Limit]]] = {
    "clip": _middle,
    "dataset": _of_all,
    "pixel": _of_each_pixel,
    "fixed": _given,
}
"""How the typical limits come from the training clips."""


def _dynamic_range(p: Preprocess) -> float | None:
    return p.spectrogram.dynamic_range_db if p.spectrogram else None
