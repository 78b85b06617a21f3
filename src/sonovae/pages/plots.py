"""Figures from arrays."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import matplotlib as mpl
import matplotlib.image
import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from sonovae.arrays import Flags, Floats64, Latents, Picture, Samples, Spectrogram

Extent = tuple[float, float] | None
"""Seconds, and kHz or mel bands, that a picture spans; None for an image."""

BLUE = "#4477aa"
MOST_NAMES = 24
"""Labels that a legend can hold."""

# A user's matplotlibrc would change the bytes of outs.
default_style = matplotlib.style.context("default")


@default_style
def save(figure: Figure, path: Path | IO[bytes]) -> None:
    """Write a PNG: equal bytes for equal figures."""
    figure.savefig(path, dpi=80, metadata={"Software": None})


@default_style
def panel(samples: Samples, sample_rate: int, decibels: Spectrogram) -> Figure:
    """Draw a sound [n], its power spectrum and its spectrogram [bins, frames] in dB."""
    # Fixed places: a layout engine takes longer than the drawing.
    figure = Figure((12, 2.4))
    waveform = figure.add_axes((0.06, 0.2, 0.25, 0.74))
    spectrum = figure.add_axes((0.38, 0.2, 0.25, 0.74))
    spectrogram = figure.add_axes((0.71, 0.2, 0.205, 0.74))
    bar = figure.add_axes((0.925, 0.2, 0.01, 0.74))
    seconds = len(samples) / sample_rate
    nyquist = 1000 * (sample_rate / 2000)
    _draw_waveform(waveform, samples, sample_rate)
    _draw_power(spectrum, samples, nyquist)
    top = decibels.max()
    image = spectrogram.imshow(
        decibels,
        origin="lower",
        aspect="auto",
        extent=(0.0, seconds, 0.0, nyquist),
        cmap="magma",
        vmin=top - 80,
        vmax=top,
    )
    figure.colorbar(image, cax=bar, label="level [dB]")
    spectrogram.set(xlabel="time [s]", ylabel="frequency [Hz]")
    return figure


def _draw_waveform(axes: Axes, samples: Samples, sample_rate: int) -> None:
    axes.plot(np.arange(len(samples)) / sample_rate, samples, color=BLUE, linewidth=0.6)
    # The axis ends at 0, -10, -20 … dBFS, so that quiet sounds stay visible.
    peak = np.abs(samples).max(initial=1e-4)
    limit = 10 ** (np.ceil(2 * np.log10(peak)) / 2)
    axes.set(xlabel="time [s]", ylabel="amplitude", ylim=(-limit, limit))
    axes.set(xlim=(0, len(samples) / sample_rate))


def _draw_power(axes: Axes, samples: Samples, nyquist: float) -> None:
    power = np.abs(np.fft.rfft(samples)) ** 2 / len(samples)
    decibels = 10 * np.log10(power + 1e-12)
    axes.plot(np.linspace(0, nyquist, len(power)), decibels, color=BLUE, linewidth=0.6)
    axes.set(xlabel="frequency [Hz]", ylabel="power [dB]", xlim=(0, nyquist))


def coloured(values: Spectrogram, low: float, high: float) -> bytes:
    """Return values [bins, frames] as a PNG, a pixel each, coloured from `low` to `high`."""
    # The lowest bin is at the bottom, whatever the default origin is.
    shares = np.clip((values[::-1] - low) / (high - low), 0, 1)
    png = io.BytesIO()
    mpl.image.imsave(png, shares, vmin=0, vmax=1, cmap="magma", format="png", origin="upper")
    return png.getvalue()


@default_style
def rows(named: Mapping[str, Sequence[Picture]], extent: Extent, unit: str) -> Figure:
    """Draw pictures [bins, frames] in [0, 1] side by side, a named row each."""
    columns = max(map(len, named.values()))
    figure = Figure((1 + 2 * columns, 0.6 + 2.2 * len(named)), layout="constrained")
    shared = bool(extent)
    grid = figure.subplots(len(named), columns, squeeze=False, sharex=shared, sharey=shared)
    for line, (name, pictures) in zip(grid, named.items(), strict=True):
        for axes, picture in zip(line, pictures, strict=False):
            _show(axes, picture, extent)
        line[0].set_ylabel(f"{name}\n{unit}".strip())
    for axes in grid[-1]:
        axes.set_xlabel("time [s]" if extent else "")
    return figure


def _show(axes: Axes, picture: Picture, extent: Extent) -> AxesImage:
    if extent is None:
        axes.set(xticks=[], yticks=[])
        return axes.imshow(picture, vmin=0, vmax=1, cmap="gray")
    box = (0.0, extent[0], 0.0, extent[1])
    return axes.imshow(
        picture,
        origin="lower",
        aspect="auto",
        extent=box,
        vmin=0,
        vmax=1,
        cmap="magma",
    )


@default_style
def maps(named: Mapping[str, Latents], labels: Sequence[str], test: Flags) -> Figure:
    """Draw maps [N, 2] side by side, coloured by label; clips of the test split have a ring."""
    figure = Figure((5.2 * len(named) + 1.4, 5), layout="constrained")
    names = sorted(set(labels))
    colors = mpl.colormaps["tab10" if len(names) <= 10 else "turbo"].resampled(max(len(names), 1))
    rings = np.where(test, "black", "none")
    grid = figure.subplots(1, len(named), squeeze=False)[0]
    for axes, (title, points) in zip(grid, named.items(), strict=True):
        for i, name in enumerate(names):
            chosen = np.asarray(labels) == name
            x, y = points[chosen].T
            axes.scatter(x, y, s=16, color=colors(i), edgecolors=rings[chosen], linewidths=0.5)
            # For the legend only: a point without a ring; $ would begin a formula.
            axes.scatter([], [], s=16, color=colors(i), label=name.replace("$", r"\$"))
        axes.set(title=title, xticks=[], yticks=[])
    if len(names) <= MOST_NAMES and names != [""]:
        handles = figure.axes[0].get_legend_handles_labels()
        figure.legend(*handles, loc="outside right center", markerscale=2)
    return figure


@default_style
def health(losses: pd.DataFrame, kl_by_dim: pd.DataFrame | None = None) -> Figure:
    """Draw errors by epoch, and the KL divergence in nats [epochs, latent_size] if it is given."""
    panels = 1 if kl_by_dim is None else 2
    figure = Figure((6 if panels == 1 else 11, 3.6), layout="constrained")
    left, *right = figure.subplots(1, panels, squeeze=False)[0]
    for column, label in (("mse", "training"), ("val_mse", "validation")):
        left.plot(losses.index, losses[column], label=label)
    left.set(title="Error", xlabel="epoch", ylabel="mean squared error", yscale="log")
    left.legend()
    if kl_by_dim is not None:
        axes = right[0]
        nats = kl_by_dim.to_numpy()
        # Dimensions are sorted by their last value; dark ones say nothing about a clip.
        ordered = nats[:, np.argsort(-nats[-1])].T
        box = (0.5, len(losses) + 0.5, len(ordered), 0)
        image = axes.imshow(ordered, aspect="auto", extent=box, cmap="magma", vmin=0)
        axes.set(title="KL divergence by dimension", xlabel="epoch")
        axes.set(ylabel="dimension, by its last")
        figure.colorbar(image, label="nats a clip")
    return figure


@default_style
def histogram(values: Floats64, what: str, of: str) -> Figure:
    """Draw how many `of` have which value, for values [N]."""
    figure = Figure((7, 3), layout="constrained")
    axes = figure.subplots()
    axes.hist(values, bins=min(40, max(5, len(values))), color=BLUE)
    axes.set(xlabel=what, ylabel=of)
    return figure


@default_style
def power(mean: Floats64, bin_hz: float, kept: float, nyquist: float) -> Figure:
    """Draw mean power [bins] in dB over frequency, with the limits `kept` and `nyquist` in Hz."""
    figure = Figure((7, 3.4), layout="constrained")
    axes = figure.subplots()
    khz = np.arange(len(mean)) * bin_hz / 1000
    axes.plot(khz, 10 * np.log10(mean / mean.max() + 1e-12), color=BLUE)
    axes.axvspan(0, kept / 1000, color=BLUE, alpha=0.12, label="bins that are kept")
    label = "Nyquist frequency of the parameters"
    axes.axvline(nyquist / 1000, color="black", linestyle="--", linewidth=1, label=label)
    axes.set(
        xlabel="frequency [kHz]",
        ylabel="mean power [dB of the highest]",
        ylim=(-100, 5),
    )
    axes.legend(loc="upper right")
    return figure


@default_style
def opinions(scores: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw opinion scores from 1 to 5 by question: each `set`'s `mos`, from `low` to `high`."""
    most = max(len(table) for table in scores.values())
    figure = Figure((4.6 * len(scores), 1.2 + 0.4 * most), layout="constrained")
    grid = figure.subplots(1, len(scores), squeeze=False)[0]
    for axes, (title, table) in zip(grid, scores.items(), strict=True):
        sure = table[table["low"].notna()]
        low = sure["low"].astype(float)
        high = sure["high"].astype(float)
        axes.hlines(sure.index, low, high, color=BLUE, linewidth=2)
        axes.plot(table["mos"], table.index, "o", color=BLUE)
        axes.set(
            title=title,
            xlabel="mean opinion score",
            xlim=(0.9, 5.1),
            xticks=range(1, 6),
        )
        axes.set_yticks(list(table.index), list(table["set"]))
        axes.set_ylim(most - 0.5, -0.5)
        axes.grid(axis="x", alpha=0.3)
    return figure
