"""Figures from arrays."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import matplotlib as mpl
import matplotlib.image
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

mpl.rcdefaults()  # a matplotlibrc of one's own would change the bytes of outs

Picture = NDArray[np.float32]
Extent = tuple[float, float] | None
"""Seconds, and kHz or mel bands, that a picture spans; None for an image."""

MOST_NAMES = 24
"""Labels that a legend can hold."""


def save(figure: Figure, path: Path | IO[bytes]) -> None:
    """Write a PNG: equal bytes for equal figures."""
    figure.savefig(path, dpi=80, metadata={"Software": None})


def panel(samples: Picture, sample_rate: int, decibels: Picture) -> Figure:
    """A sound as its waveform, on an axis of 0, -10, -20 … dBFS as its peak needs, its power spectrum, and its
    spectrogram [bins, frames] in decibels, which goes to half of the sample rate and over the whole sound."""
    seconds, khz = len(samples) / sample_rate, sample_rate / 2000
    figure = Figure(
        (12, 2.4)
    )  # its axes have fixed places: to look for them takes longer than to draw
    wave, spectrum, spectrogram, bar = (
        figure.add_axes((left, 0.2, width, 0.74))
        for left, width in ((0.06, 0.25), (0.38, 0.25), (0.71, 0.205), (0.925, 0.01))
    )
    wave.plot(np.arange(len(samples)) / sample_rate, samples, color="#4477aa", linewidth=0.6)
    most = 10 ** (np.ceil(2 * np.log10(np.abs(samples).max(initial=1e-4))) / 2)
    wave.set(xlabel="time [s]", ylabel="amplitude", ylim=(-most, most), xlim=(0, seconds))
    power = np.abs(np.fft.rfft(samples)) ** 2 / len(samples)
    spectrum.plot(
        np.linspace(0, 1000 * khz, len(power)),
        10 * np.log10(power + 1e-12),
        color="#4477aa",
        linewidth=0.6,
    )
    spectrum.set(xlabel="frequency [Hz]", ylabel="power [dB]", xlim=(0, 1000 * khz))
    top = decibels.max()
    box = (0.0, seconds, 0.0, 1000 * khz)
    shown = {
        "origin": "lower",
        "aspect": "auto",
        "extent": box,
        "cmap": "magma",
        "vmin": top - 80,
        "vmax": top,
    }
    figure.colorbar(spectrogram.imshow(decibels, **shown), cax=bar, label="level [dB]")
    spectrogram.set(xlabel="time [s]", ylabel="frequency [Hz]")
    return figure


def coloured(values: Picture, low: float, high: float) -> bytes:
    """Values [bins, frames] from low to high as a PNG, a pixel each, the lowest bin at its bottom."""
    data, shares = io.BytesIO(), np.clip((values[::-1] - low) / (high - low), 0, 1)
    mpl.image.imsave(data, shares, vmin=0, vmax=1, cmap="magma", format="png")
    return data.getvalue()


def rows(named: Mapping[str, Sequence[Picture]], extent: Extent, unit: str) -> Figure:
    """Pictures [bins, frames] side by side, a named row each: originals over reconstructions, say."""
    columns = max(map(len, named.values()))
    figure = Figure((1 + 2 * columns, 0.6 + 2.2 * len(named)), layout="constrained")
    grid = figure.subplots(
        len(named), columns, squeeze=False, sharex=bool(extent), sharey=bool(extent)
    )
    for line, (name, pictures) in zip(grid, named.items(), strict=True):
        for axes, picture in zip(line, pictures, strict=False):
            _show(axes, picture, extent)
        line[0].set_ylabel(f"{name}\n{unit}".strip())
    for axes in grid[-1]:
        axes.set_xlabel("time [s]" if extent else "")
    return figure


def maps(named: Mapping[str, Picture], labels: Sequence[str], test: NDArray[np.bool_]) -> Figure:
    """Maps [N, 2] of the latent space side by side, coloured by label; clips of the test split are ringed."""
    figure = Figure((5.2 * len(named) + 1.4, 5), layout="constrained")
    names = sorted(set(labels))
    colors = mpl.colormaps["tab10" if len(names) <= 10 else "turbo"].resampled(max(len(names), 1))
    rings = np.where(test, "black", "none")
    for axes, (title, points) in zip(
        figure.subplots(1, len(named), squeeze=False)[0], named.items(), strict=True
    ):
        for i, name in enumerate(names):
            rows = np.asarray(labels) == name
            axes.scatter(
                *points[rows].T, s=16, color=colors(i), edgecolors=rings[rows], linewidths=0.5
            )
            axes.scatter([], [], s=16, color=colors(i), label=name.replace("$", r"\$"))
        axes.set(title=title, xticks=[], yticks=[])
    if len(names) <= MOST_NAMES and names != [""]:
        figure.legend(
            *figure.axes[0].get_legend_handles_labels(), loc="outside right center", markerscale=2
        )
    return figure


def health(losses: pd.DataFrame, kl_by_dim: pd.DataFrame | None = None) -> Figure:
    """Errors of training and validation by epoch, and the nats [epochs, latent_size] of each dimension, sorted by the
    last epoch's: dark ones say nothing about a clip."""
    figure = Figure((11 if kl_by_dim is not None else 6, 3.6), layout="constrained")
    left, *right = figure.subplots(1, 1 if kl_by_dim is None else 2, squeeze=False)[0]
    for column, label in (("mse", "training"), ("val_mse", "validation")):
        left.plot(losses.index, losses[column], label=label)
    left.set(title="Error", xlabel="epoch", ylabel="mean squared error", yscale="log")
    left.legend()
    if kl_by_dim is not None:
        (axes,) = right
        nats = kl_by_dim.to_numpy()
        shown = nats[:, np.argsort(-nats[-1])].T
        image = axes.imshow(
            shown,
            aspect="auto",
            extent=(0.5, len(losses) + 0.5, len(shown), 0),
            cmap="magma",
            vmin=0,
        )
        axes.set(
            title="KL divergence by dimension", xlabel="epoch", ylabel="dimension, by its last"
        )
        figure.colorbar(image, label="nats a clip")
    return figure


def histogram(values: NDArray[np.float64], what: str, of: str) -> Figure:
    """How many `of` have which value."""
    figure = Figure((7, 3), layout="constrained")
    axes = figure.subplots()
    axes.hist(values, bins=min(40, max(5, len(values))), color="#4477aa")
    axes.set(xlabel=what, ylabel=of)
    return figure


def power(mean: NDArray[np.float64], bin_hz: float, kept: float, nyquist: float) -> Figure:
    """Mean power [bins] in dB over frequency; what lies up to `kept` Hz is shaded, a line stands at `nyquist` Hz."""
    figure = Figure((7, 3.4), layout="constrained")
    axes = figure.subplots()
    axes.plot(
        np.arange(len(mean)) * bin_hz / 1000,
        10 * np.log10(mean / mean.max() + 1e-12),
        color="#4477aa",
    )
    axes.axvspan(0, kept / 1000, color="#4477aa", alpha=0.12, label="bins that are kept")
    axes.axvline(
        nyquist / 1000,
        color="black",
        linestyle="--",
        linewidth=1,
        label="Nyquist frequency of the parameters",
    )
    axes.set(xlabel="frequency [kHz]", ylabel="mean power [dB of the highest]", ylim=(-100, 5))
    axes.legend(loc="upper right")
    return figure


def opinions(scores: Mapping[str, pd.DataFrame]) -> Figure:
    """Mean opinion scores by question: a point for each `set` at its `mos`, with a line from `low` to `high` where
    there is an interval, on the scale from 1 to 5."""
    most = max(len(table) for table in scores.values())
    figure = Figure((4.6 * len(scores), 1.2 + 0.4 * most), layout="constrained")
    for axes, (title, table) in zip(
        figure.subplots(1, len(scores), squeeze=False)[0], scores.items(), strict=True
    ):
        sure = table[table["low"].notna()]
        axes.hlines(
            sure.index,
            sure["low"].astype(float),
            sure["high"].astype(float),
            color="#4477aa",
            linewidth=2,
        )
        axes.plot(table["mos"], table.index, "o", color="#4477aa")
        axes.set(title=title, xlabel="mean opinion score", xlim=(0.9, 5.1), xticks=range(1, 6))
        axes.set_yticks(list(table.index), list(table["set"]))
        axes.set_ylim(most - 0.5, -0.5)
        axes.grid(axis="x", alpha=0.3)
    return figure


def _show(axes: Axes, picture: Picture, extent: Extent) -> Any:
    if extent is None:
        axes.set(xticks=[], yticks=[])
        return axes.imshow(picture, vmin=0, vmax=1, cmap="gray")
    box = (0.0, extent[0], 0.0, extent[1])
    return axes.imshow(
        picture, origin="lower", aspect="auto", extent=box, vmin=0, vmax=1, cmap="magma"
    )
