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


def _flow_options(command: Command) -> Command:
    """Add the options of draws from a flow."""
    group = click.option("--group", help="Voice of the sounds; without it, of any.")
    steps = click.option(
        "--steps",
        type=click.IntRange(1),
        show_default="as in params.yaml",
        help="From noise to z, of a flow.",
    )
    guidance = click.option(
        "--guidance",
        type=Finite(0, min_open=True),
        show_default="as in params.yaml",
        help="Of a flow: 1 as recordings, more is more typical of the label.",
    )
    label = click.option("--label", help="Label of the sounds; without it, of all labels.")
    return label(group(steps(guidance(command))))


def _new_folder(n: int) -> Callable[[Command], Command]:
    """Return what adds the options of commands that make new sounds, n of them by default."""

    def add(command: Command) -> Command:
        out = click.option("--out", type=PATH, required=True, help="New folder for them.")
        number = click.option("--n", type=click.IntRange(1), default=n, help="Number of sounds.")
        return out(number(command))

    return add


def _sounds_options(command: Command) -> Command:
    """Add the options of commands that make several new sounds."""
    temperature = click.option(
        "--temperature",
        type=Finite(0),
        default=1.0,
        help="Spread around the clip or cluster: 0 none, 1 as of training clips.",
    )
    return _new_folder(8)(temperature(command))


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

    def make(studio: Any) -> Any:
        return studio.vary(source, n, temperature=temperature)

    _save(out, settings, make)


@click.command()
@_sounds_options
@click.option("--seconds", type=Finite(0, min_open=True), help="Of a flow; without it, a clip's.")
@_flow_options
@_studio_options
def generate(out: Path, n: int, temperature: float, **options: Any) -> None:
    """Make new sounds."""
    asked = {name: options.pop(name) for name in ("label", "group", "seconds")}

    def make(studio: Any) -> Any:
        return studio.generate(n, temperature=temperature, **asked)

    _save(out, options, make)


@click.command()
@click.argument("source", type=PATH, help="Sound of any length.")
@click.option("--seconds", type=Finite(0, min_open=True), required=True, help="To go on for.")
@_new_folder(1)
@_flow_options
@_studio_options
def extend(source: Path, seconds: float, out: Path, n: int, **options: Any) -> None:
    """Continue a recording, by a model with a flow."""
    asked = {name: options.pop(name) for name in ("label", "group")}

    def make(studio: Any) -> Any:
        return studio.extend(source, seconds, n, **asked)

    _save(out, options, make)


@click.command()
@click.argument("source", type=PATH, help="Sound of any length.")
@click.argument("start", type=Finite(0), help="Second where the gap begins.")
@click.argument("end", type=Finite(0), help="Second where it ends.")
@_new_folder(1)
@_flow_options
@_studio_options
def fill(source: Path, out: Path, n: int, **options: Any) -> None:
    """Fill a gap of a recording, by a model with a flow."""
    asked = {name: options.pop(name) for name in ("start", "end", "label", "group")}

    def make(studio: Any) -> Any:
        return studio.fill(source, n=n, **asked)

    _save(out, options, make)


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
    help="File that generate, extend, fill, reconstruct or vary wrote, run's id, or commit.",
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


COMMANDS = [reconstruct, vary, generate, extend, fill, show, whence, export]


def prepare(model: Path) -> None:
    """Set the threads that a model was trained with, as the last digits depend on them."""
    from sonovae.model import backend, saved_networks

    backend.prepare(saved_networks.threads(model))


def _save(out: Path, settings: dict[str, Any], make: Callable[[Any], Any]) -> None:
    """Write what a Studio with these settings makes to a new folder."""
    # Before the sounds are made, which may take minutes.
    atomic.refuse_existing(out)
    from sonovae.generation import sounds

    sounds.save(make(_studio(**settings)), out)


def _studio(model: Path, seed: int, **settings: Any) -> Any:
    """Open the model in a folder; None keeps the setting of params.yaml."""
    # Threads can be set only before anything is computed.
    prepare(model)
    from sonovae.generation import studio

    opened = studio.load(model, seed=seed)
    given = {name: value for name, value in settings.items() if value is not None}
    inverse = {name: given.pop(name) for name in ("iterations", "momentum") if name in given}
    return replace(opened, griffin_lim=replace(opened.griffin_lim, **inverse), **given)
