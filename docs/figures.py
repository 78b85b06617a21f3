"""`make figures`: draw the docs' figures into docs/figures; some need `make repro` first."""

import shutil
from pathlib import Path
from typing import Any

import librosa
import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator
from numpy.typing import NDArray
from scipy.signal import get_window

from sonovae import params
from sonovae.codec import saved_codec, sound_files, spectrogram
from sonovae.codec.picture import limits
from sonovae.codec.sound_codec import SoundCodec
from sonovae.dataset import baselines, saved_dataset
from sonovae.dataset.clips import recording_to_clips
from sonovae.pages import plots
from sonovae.params import Params
from sonovae.params.preprocess import WINDOWS, Spectrogram
from sonovae.params.sections import GriffinLim
from sonovae.recordings import whistles

OUT = Path("docs/figures")
MODEL, PICTURES, SAMPLES = Path("data/model"), Path("data/pictures"), Path("data/samples")
EVALUATION = Path("data/evaluation")
NEEDED = (
    "data/pictures/clips.csv",
    "data/model/losses.csv",
    "data/model/codec.json",
    "data/samples/sound_001.wav",
    "data/evaluation/latent.png",
)
STYLE = {
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
DARK, RED, ORANGE, BLUE, GREY = "#3b0f70", "#c03a76", "#f8865a", "#3579b1", "#8a8a8a"
Array = NDArray[np.float32]


def main() -> None:
    """Draw all figures, or those that need no model where there is none."""
    mpl.rcParams.update(STYLE)
    p = params.load(Path("params.yaml"))
    (clips, fitted), lengths = whistle(p), p.preprocess.spectrogram
    figures = {
        "picture": there(clips[0], fitted),
        "windows": windows(lengths),
        "overlap": overlap(lengths),
    }
    OUT.mkdir(exist_ok=True)
    figures["aliasing"] = aliasing(p.preprocess.waveform.sample_rate / 1000)
    figures["griffin-lim"] = back(clips[:3], fitted, p.generate.griffin_lim, p.generate.seed)
    if missing := [path for path in NEEDED if not Path(path).exists()]:
        print(
            "run `make repro` first: losses, whistle and latent are not drawn, "
            f"since {', '.join(missing)} is missing"
        )
    else:
        figures |= {
            "losses": losses(p.evaluate.seed),
            "whistle": generated(saved_codec.load(MODEL)),
        }
        for name in ("latent.png", "health.png"):
            shutil.copy(EVALUATION / name, OUT)
    for name, figure in figures.items():
        plots.save(figure, OUT / f"{name}.png")
    print(f"drawn in {OUT}: {', '.join(figures)}")


def whistle(p: Params) -> tuple[Array, SoundCodec]:
    """The clips [n, length] of a whistle made on the spot, and a codec fitted on them."""
    who = whistles.Whistler(
        1000, vibrato_rate=6, vibrato_depth=0.3, glide=0.05, breath=0.005, harmonic=0.05
    )
    rng = np.random.default_rng(p.fetch.whistles.seed)
    samples = whistles.whistle(whistles.MELODIES["rise"], who, p.fetch.whistles, rng)
    clips = recording_to_clips([samples], p.fetch.whistles.sample_rate, p.preprocess.waveform)
    values = [saved_codec.analysis(p.preprocess)(clip) for clip in clips.items]
    clip_limits = np.array([limits(each, p.preprocess.dynamic_range) for each in values])
    return np.stack(clips.items), saved_codec.fit(
        p.preprocess, values, clip_limits, np.full(len(values), clips.gain)
    )


def picture(clip: Array, c: SoundCodec) -> Array:
    """What the model sees of a clip."""
    return c.encode(c.analyse(clip), c.typical)


def there(clip: Array, c: SoundCodec) -> Figure:
    """Draw a clip as waveform, as spectrogram with all bins, and as the model's picture."""
    rate, (seconds, kept) = c.waveform.sample_rate, c.extent
    decibels = spectrogram.magnitude_to_db(spectrogram.waveform_to_magnitude(clip, c.frames))
    figure, (left, middle, right) = canvas(3, 3.3, width_ratios=[0.85, 1, 1])
    left.plot(np.arange(len(clip)) / rate, clip, color=DARK, linewidth=0.4)
    left.set(xlabel="time [s]", ylabel="sample", xlim=(0, seconds), ylim=(-1, 1))
    left.locator_params(nbins=4)
    show(
        middle, decibels - decibels.max(), (seconds, rate / 2000), (-80, 0), "dB below the loudest"
    )
    middle.axhline(kept, color="white", linestyle="--", linewidth=1)
    show(right, picture(clip, c), c.extent, (0, 1), "pixel")
    for axes, title in ((left, "waveform"), (middle, "spectrogram"), (right, "picture")):
        axes.set_title(title)
    return figure


def canvas(columns: int, height: float, **layout: Any) -> tuple[Figure, list[Axes]]:
    """An empty figure of `height` inches with axes side by side."""
    figure = Figure((11, height), layout="constrained")
    return figure, list(figure.subplots(1, columns, squeeze=False, **layout)[0])


def legend(figure: Figure, axes: Axes) -> None:
    """The names of the lines of `axes`, under all."""
    figure.legend(
        *axes.get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False
    )


def show(
    axes: Axes, values: Array, extent: tuple[float, float], limits: tuple[float, float], unit: str
) -> None:
    """Draw values [bins, frames] over seconds and kHz, with a colour bar, in 32 colours."""
    box, colors = (0, extent[0], 0, extent[1]), mpl.colormaps["magma"].resampled(32)
    image = axes.imshow(values, origin="lower", aspect="auto", extent=box, clim=limits, cmap=colors)
    axes.set(xlabel="time [s]", ylabel="frequency [kHz]")
    axes.locator_params(nbins=4)
    axes.figure.colorbar(image, ax=axes, label=unit, pad=0.02)


def windows(p: Spectrogram) -> Figure:
    """The four windows over time, and their spectra."""
    figure, (left, right) = canvas(2, 3.6)
    for (name, known), color in zip(WINDOWS.items(), (GREY, BLUE, RED, ORANGE), strict=True):
        window = get_window(known, p.win_length)
        spectrum = np.abs(np.fft.rfft(window, 64 * p.win_length)) / window.sum()
        left.plot(window, color=color, label=name, linewidth=2)
        right.plot(
            np.arange(len(spectrum)) / 64, 20 * np.log10(np.maximum(spectrum, 1e-9)), color=color
        )
    left.set(title="windows", xlabel="sample", ylabel="weight", ylim=(0, 1.08))
    right.set(
        title="their spectra",
        xlabel=f"distance from a tone [rate / {p.win_length}]",
        ylabel="level [dB]",
    )
    right.set(xlim=(0, 8), ylim=(-100, 3))
    legend(figure, left)
    return figure


def overlap(p: Spectrogram) -> Figure:
    """Draw squared windows and their sum, for the hop in use, a long one, and no overlap."""
    length, square = p.win_length, get_window(WINDOWS[p.window], p.win_length) ** 2
    figure, grid = canvas(3, 3.5, sharey=True)
    for axes, hop in zip(grid, (p.hop_length, 3 * length // 4, length), strict=True):
        total, time = np.zeros(7 * length), np.arange(7 * length) - 2 * length
        for n, start in enumerate(range(0, 6 * length + 1, hop)):
            total[start : start + length] += square
            axes.plot(
                time[start : start + length],
                square,
                color=BLUE,
                label="_" if n else "squared windows",
            )
        axes.plot(time, total, color=RED, linewidth=5, alpha=0.5, label="their sum")
        inner = total[2 * length : 5 * length]
        axes.set(
            title=f"hop {hop}: lowest / highest = {inner.min() / inner.max():.2f}", xlabel="sample"
        )
        axes.set(xlim=(0, 3 * length), ylim=(0, None), xticks=range(0, 3 * length, length))
    legend(figure, grid[0])
    return figure


def aliasing(rate: float) -> Figure:
    """Draw two tones with the same samples, and the apparent frequency of a tone, in kHz."""
    figure, (left, right) = canvas(2, 3.5, width_ratios=[1.6, 1])
    fine, time, low = np.linspace(0, 12 / rate, 1200), np.arange(13) / rate, 3 / 16 * rate
    for tone, color in ((rate - low, ORANGE), (low, BLUE)):
        left.plot(fine, np.cos(2 * np.pi * tone * fine), color=color, label=f"{tone:g} kHz")
        right.plot(tone, low, "o", color=color, zorder=3)
    left.plot(
        time, np.cos(2 * np.pi * low * time), "o", color=DARK, label=f"samples at {rate:g} kHz"
    )
    left.set(title="two tones, the same samples", xlabel="time [ms]", ylim=(-1.15, 1.15))
    right.plot([0, rate / 2, rate], [0, rate / 2, 0], color=GREY)
    right.axvline(rate / 2, color=GREY, linestyle=":")
    right.set(title="folded at half the rate", xlabel="tone [kHz]", ylabel="in the samples [kHz]")
    right.set(xticks=np.linspace(0, rate, 5), yticks=np.linspace(0, rate / 2, 5))
    legend(figure, left)
    return figure


def back(clips: Array, c: SoundCodec, used: GriffinLim, seed: int) -> Figure:
    """Draw the inverse's spectral convergence over iterations, and librosa's from random phases."""
    wanted, counts = (
        [c.magnitude(picture(clip, c), c.typical) for clip in clips],
        [2**k for k in range(9)],
    )
    way: dict[str, Any] = {"frames": c.frames, "length": clips.shape[1], "seed": seed}

    def reached(sound: Any) -> float:
        return float(
            np.mean([spectrogram.spectral_convergence_db(m, sound(m), c.frames) for m in wanted])
        )

    figure, (axes,) = canvas(1, 4)
    plain = reached(
        lambda m: librosa.istft(m.astype(np.complex64), length=way["length"], **c.frames)
    )
    axes.axhline(plain, color=GREY, linestyle="--", label="zero phase, no iteration")
    same: dict[str, Any] = {
        "length": way["length"],
        "pad_mode": "constant",
        "random_state": seed,
        **c.frames,
    }
    theirs = [
        reached(lambda m, n=n: librosa.griffinlim(m, n_iter=n, momentum=used.momentum, **same))
        for n in counts
    ]
    axes.plot(counts, theirs, "o-", color=BLUE, label="librosa, from random phases")
    ways = [way | {"momentum": used.momentum, "iterations": n} for n in counts]
    ours = [reached(lambda m, w=w: spectrogram.magnitude_to_waveform(m, **w)) for w in ways]
    axes.plot(counts, ours, "o-", color=RED, label="from integrated phases")
    axes.axvline(used.iterations, color=GREY, linestyle=":", label=f"in use: {used.iterations}")
    axes.semilogx(base=2)
    axes.set(
        xlabel="iterations", ylabel="spectral convergence [dB]", xticks=counts, xticklabels=counts
    )
    legend(figure, axes)
    return figure


def losses(seed: int) -> Figure:
    """The error by epoch, with the floors of the validation split, and the KL divergence."""
    table, data, size = (
        pd.read_csv(MODEL / "losses.csv"),
        saved_dataset.load(PICTURES),
        len(np.load(SAMPLES / "z.npy")[0]),
    )
    validation = data.side("validation").pictures[:]
    figure, (left, right) = canvas(2, 3.6)
    for axes, key in ((left, "mse"), (right, "kl")):
        axes.plot(table["epoch"], table[key], color=BLUE, label="training")
        axes.plot(table["epoch"], table[f"val_{key}"], color=RED, label="validation")
    lower = baselines.fit(data.side("train").pictures, size, seed)
    mean, pca = (
        np.square(validation - each).mean() for each in (lower.mean, lower.restore(validation))
    )
    left.axhline(mean, color=GREY, linestyle="--", label="mean picture")
    left.axhline(pca, color=DARK, linestyle=":", label=f"PCA, {size} components")
    left.set(title="mean squared error a pixel", xlabel="epoch", yscale="log")
    left.yaxis.set(
        major_locator=LogLocator(subs=(1, 2, 5)), major_formatter="{x:g}", minor_formatter=""
    )
    right.set(title="KL divergence [nats a clip]", xlabel="epoch", ylim=(0, None))
    legend(figure, left)
    return figure


def generated(c: SoundCodec) -> Figure:
    """The first generated sound, as its WAV holds it; only frames that lie wholly inside it."""
    samples, rate = sound_files.read(SAMPLES / "sound_001.wav")
    decibels = spectrogram.magnitude_to_db(
        spectrogram.waveform_to_magnitude(samples, c.frames)[: c.picture.bins]
    )
    figure, (axes,) = canvas(1, 4.6)
    show(axes, decibels - decibels.max(), c.extent, (-48, 0), "dB below the loudest")
    axes.images[0].set_interpolation("bicubic")
    axes.set_xlim(c.spectrogram.n_fft / 2 / rate, (len(samples) - c.spectrogram.n_fft / 2) / rate)
    return figure


if __name__ == "__main__":
    main()
