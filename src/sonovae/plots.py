"""Figures from arrays."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

mpl.rcdefaults()  # a matplotlibrc of one's own would change the bytes of outs

Picture = NDArray[np.float32]
Extent = tuple[float, float]
"""Seconds and Hz that a picture spans."""


def save(figure: Figure, path: Path) -> None:
    """Write a PNG: equal bytes for equal figures."""
    figure.savefig(path, dpi=80, metadata={"Software": None})


def sound(picture: Picture, extent: Extent, title: str) -> Figure:
    """One spectrogram picture, over seconds and kHz."""
    figure = Figure((5, 3.4))
    axes = figure.add_axes((0.12, 0.16, 0.68, 0.74))
    image = _show(axes, picture, extent)
    axes.set(title=title, xlabel="time [s]", ylabel="frequency [kHz]")
    figure.colorbar(image, cax=figure.add_axes((0.83, 0.16, 0.03, 0.74)), label="level in the picture")
    return figure


def rows(named: Mapping[str, Picture], extent: Extent) -> Figure:
    """Pictures [n, bins, frames] side by side, a named row each: originals over reconstructions, say."""
    columns = max(map(len, named.values()))
    figure = Figure((1 + 2 * columns, 0.6 + 2.2 * len(named)), layout="constrained")
    grid = figure.subplots(len(named), columns, squeeze=False, sharex=True, sharey=True)
    for line, (name, pictures) in zip(grid, named.items(), strict=True):
        for axes, picture in zip(line, pictures, strict=False):
            _show(axes, picture, extent)
        line[0].set_ylabel(f"{name}\nfrequency [kHz]")
    for axes in grid[-1]:
        axes.set_xlabel("time [s]")
    return figure


def _show(axes: Axes, picture: Picture, extent: Extent) -> Any:
    box = (0.0, extent[0], 0.0, extent[1] / 1000)
    return axes.imshow(picture, origin="lower", aspect="auto", extent=box, vmin=0, vmax=1, cmap="magma")
