"""Command line over a model's folder and sound files, which needs neither dataset nor DVC."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from sonovae import atomic
from sonovae.project import MODEL

Command = TypeVar("Command", bound=Callable[..., Any])

PATH = click.Path(path_type=Path)


class Finite(click.FloatRange):
    """Floating-point range that also refuses infinity and NaN, which compare as no bound does."""

    def convert(self, value: Any, param: Any, context: Any) -> Any:
        """Return the number, or fail as click does."""
        number = super().convert(value, param, context)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, context)
        return number


model_option = click.option("--model", type=PATH, default=Path(MODEL), help="Model's folder.")
seed_option = click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=1)


def _studio_options(command: Command) -> Command:
    """Add the options that `_studio` takes."""
    default = "as in params.yaml"
    iterations = click.option(
        "--iterations",
        type=click.IntRange(1),
        show_default=default,
        help="Griffin-Lim's.",
    )
    momentum = click.option(
        "--momentum",
        type=Finite(0, 1, max_open=True),
        show_default=default,
        help="Griffin-Lim's.",
    )
    return model_option(seed_option(iterations(momentum(command))))


def _sounds_options(command: Command) -> Command:
    """Add the options of commands that make several new sounds."""
    out = click.option("--out", type=PATH, required=True, help="New folder for them.")
    n = click.option("--n", type=click.IntRange(1), default=8, help="Number of sounds.")
    temperature = click.option(
        "--temperature",
        type=Finite(0),
        default=1.0,
        help="Spread around the clip or cluster: 0 none, 1 as of training clips.",
    )
    return out(n(temperature(command)))


@click.command()
@click.argument("source", type=PATH, help="Sound of any length, or an image.")
@click.argument(
    "out",
    type=PATH,
    help="File to write: .wav, .flac, .ogg or .mp3; .png for images.",
)
@_studio_options
def reconstruct(source: Path, out: Path, **settings: Any) -> None:
    """Encode and decode a file."""
    _studio(**settings).reconstruct_file(source, out)


@click.command()
@click.argument("source", type=PATH, help="Sound or image.")
@_sounds_options
@_studio_options
def vary(source: Path, out: Path, n: int, temperature: float, **settings: Any) -> None:
    """Make new sounds around a file's first clip."""
    # Before the sounds are made, which may take minutes.
    atomic.refuse_existing(out)
    from sonovae.generation import sounds

    sounds.save(_studio(**settings).vary(source, n, temperature=temperature), out)


@click.command()
@_sounds_options
@click.option("--label", help="Label of the sounds; without it, of all labels.")
@_studio_options
def generate(out: Path, n: int, temperature: float, label: str | None, **settings: Any) -> None:
    """Make new sounds."""
    # Before the sounds are made, which may take minutes.
    atomic.refuse_existing(out)
    from sonovae.generation import sounds

    sounds.save(_studio(**settings).generate(n, label, temperature=temperature), out)


@click.command()
@click.argument("source", type=PATH, help="Sound file.")
@click.argument("out", type=PATH, help="Picture to write, a PNG.")
@click.option("--n-fft", type=int, show_default="as in params.yaml", help="Samples.")
@click.option("--win-length", type=int, show_default="as in params.yaml", help="Samples.")
@click.option("--hop-length", type=int, show_default="as in params.yaml", help="Samples.")
def show(source: Path, out: Path, **lengths: int | None) -> None:
    """Draw a sound's waveform, spectrum and spectrogram, and print its figures."""
    from sonovae.console import inspection

    given = {name: length for name, length in lengths.items() if length is not None}
    inspection.show(Path.cwd(), source, out, given)


@click.command()
@click.argument(
    "what",
    help="File that generate, reconstruct or vary wrote, run's id, or commit.",
)
def whence(what: str) -> None:
    """Print where a sound, a run or a commit's result comes from."""
    from sonovae.console import inspection

    inspection.whence(Path.cwd(), what)


@click.command()
@click.argument("source", type=PATH, help="Folder of WAV files, for example data/samples.")
@click.argument("kind", type=click.Choice(["flac", "ogg", "mp3"]), help="Format.")
@click.option("--out", type=PATH, required=True, help="New folder for the files.")
def export(source: Path, kind: str, out: Path) -> None:
    """Write a folder's WAV files as FLAC, OGG or MP3."""
    from sonovae.console import inspection

    inspection.export(source, kind, out)


COMMANDS = [reconstruct, vary, generate, show, whence, export]


def prepare(model: Path) -> None:
    """Set the threads that a model was trained with, as the last digits depend on them."""
    from sonovae.model import backend, saved_networks

    backend.prepare(saved_networks.threads(model))


def _studio(model: Path, seed: int, iterations: int | None, momentum: float | None) -> Any:
    """Open the model in a folder; None keeps the setting of params.yaml."""
    # Threads can be set only before anything is computed.
    prepare(model)
    from sonovae.generation import studio

    opened = studio.load(model, seed=seed)
    settings = opened.griffin_lim
    if iterations is not None:
        settings = replace(settings, iterations=iterations)
    if momentum is not None:
        settings = replace(settings, momentum=momentum)
    return replace(opened, griffin_lim=settings)
