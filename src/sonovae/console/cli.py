"""The console command. What does the work is loaded once the words are understood, as it takes seconds."""

import argparse
import importlib
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from sonovae.errors import UserError
from sonovae.project import Project
from sonovae.runtime import environment, logs


def main() -> None:
    """`sonovae check` and the other commands; exit code 2 and one line a fault for what a user can mend."""
    logs.to_console()
    environment.quiet_tensorflow()
    words = _parser().parse_args()
    try:
        words.call(Path.cwd(), words)
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except OSError as error:  # a full disk, say
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "sonovae", description="Learn the sound of recordings, and make new sounds."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_project(commands)
    _add_tracking(commands)
    _add_retrain(commands)
    _add_model(commands)
    _add_app(commands)
    _add_sounds(commands)
    _add_study(commands)
    return parser


def _add(
    commands: Any, name: str, call: Any, what: str, *parents: argparse.ArgumentParser
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, parents=parents, help=what)
    command.set_defaults(call=call)
    return command


def _add_project(commands: Any) -> None:
    """Commands over a project's folder."""
    what = "look for faults in params.yaml and the recordings"
    _add(commands, "check", lambda root, _: _room("recordings.folder_check").check(root), what)
    what = "copy a folder of recordings into the project, or pin an archive"
    command = _add(
        commands,
        "folder",
        lambda root, w: _room("console.project_commands").folder(root, w.source, w.pattern),
        what,
    )
    command.add_argument("source", help="the folder; or a zip or tar file, by its path or URL")
    command.add_argument(
        "pattern", nargs="?", default="", help="names label and group: (?P<label>…)_(?P<group>…)"
    )
    what = "write a recipe to params.yaml, or list them"
    command = _add(
        commands,
        "recipe",
        lambda root, w: _room("console.project_commands").recipe(root, w.name, w.force),
        what,
    )
    command.add_argument("name", nargs="?", default="", help="the recipe")
    command.add_argument(
        "--force", action="store_true", help="also where params.yaml has changes of its own"
    )
    what = "pin the newest version of what fetch.source names"
    _add(
        commands,
        "data-update",
        lambda root, _: _room("console.project_commands").data_update(root),
        what,
    )
    what = "write data/report.html: what the recordings hold"
    _add(
        commands,
        "data-report",
        lambda root, _: _room("console.project_commands").data_report(root),
        what,
    )
    what = "train with several seeds, and show how far the metrics vary"
    command = _add(
        commands,
        "seeds",
        lambda root, w: _room("console.project_commands").show_seeds(root, w.n),
        what,
    )
    command.add_argument("n", type=int, help="how many")


def _add_tracking(commands: Any) -> None:
    """Commands over what MLflow has."""
    what = "log to MLflow what dvc.lock names and it lacks"
    _add(commands, "track", lambda root, _: _room("tracking").track(root), what)
    what = "register the result if it passes its gates, and make it the champion if it is better"
    _add(commands, "promote", lambda root, _: print(_room("tracking").promote(root)), what)
    what = "hold the working tree against what a run says it was made of"
    command = _add(
        commands, "verify-run", lambda root, w: print(_room("tracking").verify(root, w.run)), what
    )
    command.add_argument("run", help="its id")


def _add_retrain(commands: Any) -> None:
    what = "make what is not made yet, hold it against a commit's result, and say in a comment what changed"
    command = _add(
        commands,
        "retrain",
        lambda root, w: _room("retraining.retrain").run(root, w.base, w.promote),
        what,
    )
    command.add_argument("--base", default="HEAD", help="the commit [%(default)s]")
    command.add_argument(
        "--promote", action="store_true", help="where all gates pass, as `make promote` does"
    )


def _add_model(commands: Any) -> None:
    """Commands over a trained model's folder, which need neither dataset nor DVC."""
    model, many = (argparse.ArgumentParser(add_help=False) for _ in range(2))
    model.add_argument(
        "--model", type=Path, default=Path("data/model"), help="the model's folder [%(default)s]"
    )
    model.add_argument("--seed", type=_number(int, 0, 2**32), default=1, help="[%(default)s]")
    model.add_argument(
        "--iterations", type=_number(int, 1), help="of Griffin-Lim [as params.yaml has it]"
    )
    model.add_argument(
        "--momentum", type=_number(float, 0, 1), help="of Griffin-Lim [as params.yaml has it]"
    )
    many.add_argument("--out", type=Path, required=True, help="a new folder for them")
    many.add_argument("--n", type=_number(int, 1), default=8, help="how many [%(default)s]")
    what = "how far from the file's clip, or the clusters' middles; 0: there, 1: as training clips [%(default)s]"
    many.add_argument("--temperature", type=_number(float, 0), default=1.0, help=what)
    command = _add(
        commands,
        "reconstruct",
        lambda _, w: _studio(w).reconstruct_file(w.source, w.out),
        "restore a file",
        model,
    )
    command.add_argument("source", type=Path, help="a sound of any length, or an image")
    command.add_argument(
        "out", type=Path, help="where to: .wav, .flac, .ogg or .mp3; .png for an image"
    )
    what = "make new sounds around a file's first clip"
    command = _add(
        commands,
        "vary",
        lambda _, w: _save(_studio(w).vary(w.source, w.n, temperature=w.temperature), w.out),
        what,
        model,
        many,
    )
    command.add_argument("source", type=Path, help="a sound or an image")
    command = _add(
        commands,
        "generate",
        lambda _, w: _save(_studio(w).generate(w.n, w.label, temperature=w.temperature), w.out),
        "make new sounds",
        model,
        many,
    )
    command.add_argument("--label", help="of this label [of all]")


def _add_app(commands: Any) -> None:
    what = "hear what the model has learned, in a browser"
    command = _add(
        commands,
        "app",
        lambda root, w: _room("app.server").serve(root, w.model, w.host, w.port),
        what,
    )
    command.add_argument(
        "--model", type=Path, default=Path("data/model"), help="the model's folder [%(default)s]"
    )
    command.add_argument("--port", type=_number(int, 1, 2**16), default=7860, help="[%(default)s]")
    what = "another than this machine's own needs a token, which is printed [%(default)s]"
    command.add_argument("--host", default="127.0.0.1", help=what)


def _add_sounds(commands: Any) -> None:
    """Commands over sound files."""
    what = "draw a sound's waveform, spectrum and spectrogram, and say its numbers"
    command = _add(
        commands,
        "show",
        lambda root, w: _room("console.inspection").show(root, w.source, w.out, vars(w)),
        what,
    )
    command.add_argument("source", type=Path, help="a sound file")
    command.add_argument("out", type=Path, help="the picture: a PNG")
    for name in ("n-fft", "win-length", "hop-length"):
        command.add_argument(f"--{name}", type=int, help="samples [as params.yaml has it]")
    what = "say where a sound, a run or a commit's result comes from, and what holds it"
    command = _add(
        commands, "whence", lambda root, w: _room("console.inspection").whence(root, w.what), what
    )
    command.add_argument(
        "what", help="a file that generate, reconstruct or vary wrote; a run's id; or a commit"
    )
    what = "write a folder's WAV files as FLAC, OGG or MP3"
    command = _add(
        commands,
        "export",
        lambda _, w: _room("console.inspection").export(w.source, w.kind, w.out),
        what,
    )
    command.add_argument("source", type=Path, help="the folder: data/samples")
    command.add_argument("kind", choices=("flac", "ogg", "mp3"), help="of file")
    command.add_argument("--out", type=Path, required=True, help="a new folder for them")


def _add_study(commands: Any) -> None:
    """Commands over the listening study."""
    what = "make the pool of sounds of a listening study"
    command = _add(
        commands,
        "study",
        lambda root, w: _study(root, w.seed, w.each),
        what,
    )
    command.add_argument(
        "--each", type=_number(int, 1), default=8, help="sounds of each set [%(default)s]"
    )
    command.add_argument("--seed", type=_number(int, 0, 2**32), default=1, help="[%(default)s]")
    what = "write study/report.html: what the listeners' ratings come to"
    _add(
        commands, "study-report", lambda root, _: print(_room("listening.report").write(root)), what
    )
    what = "write the study for webMUSHRA"
    command = _add(
        commands,
        "study-export",
        lambda root, w: _room("listening.webmushra").export(root, w.out),
        what,
    )
    command.add_argument(
        "out", type=Path, help="a new folder for it, named as it will be in webMUSHRA's configs"
    )


def _number(
    kind: type[int] | type[float], lowest: float, end: float = math.inf
) -> Callable[[str], float]:
    """What reads a number from `lowest` to below `end`."""

    def read(text: str) -> float:
        if not lowest <= (value := kind(text)) < end:
            raise argparse.ArgumentTypeError(f"{text} is not from {lowest} to below {end}")
        return value

    read.__name__ = kind.__name__  # as argparse names what it cannot read
    return read


def _room(name: str) -> Any:
    """A room of sonovae, loaded when it is asked for."""
    return importlib.import_module(f"sonovae.{name}")


def _prepare(model: Path) -> None:
    """Set the threads that a model was trained with, as the last digits depend on them."""
    threads = _room("model.saved_model").threads(model)
    _room("model.backend").prepare(threads)


def _study(root: Path, seed: int, each: int) -> None:
    _prepare(Project(root).model)
    print(_room("listening.pool").make(root, seed, each))


def _studio(words: Any) -> Any:
    """The model in the folder that the words name."""
    _prepare(words.model)
    opened = _room("generation.studio").load(words.model, seed=words.seed)
    given = {
        name: value
        for name in ("iterations", "momentum")
        if (value := getattr(words, name)) is not None
    }
    return replace(opened, griffin_lim=replace(opened.griffin_lim, **given))


def _save(sounds: Any, out: Path) -> None:
    """Write new sounds to a new folder."""
    _room("generation.sounds").save(sounds, out)
