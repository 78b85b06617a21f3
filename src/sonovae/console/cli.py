"""Command line: the project, what MLflow has, and the listening study.

Commands import what they need when they run, so that `--help` is fast.
"""

import importlib
import sys
from pathlib import Path
from typing import Any

import click

from sonovae.console import sound_commands
from sonovae.errors import UserError
from sonovae.project import MODEL
from sonovae.runtime import environment, logs

STOPPED = 130
"""Exit code after Ctrl-C, as shells report it."""


def main() -> None:
    """Run a command; exit with 2 and one line a fault for errors that a user can fix."""
    logs.to_console()
    environment.quiet_tensorflow()
    try:
        commands(prog_name="sonovae", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(STOPPED)
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except OSError as error:  # for example a full disk
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


def _load(name: str) -> Any:
    """Import a module of the package, as a command does when it runs."""
    return importlib.import_module(f"sonovae.{name}")


SETTINGS = {"help_option_names": ["-h", "--help"], "show_default": True}


@click.group(context_settings=SETTINGS)
def commands() -> None:
    """Learn the sound of recordings, and make new sounds."""


@commands.command()
def check() -> None:
    """Look for faults in params.yaml and the recordings."""
    _load("recordings.folder_check").check(Path.cwd())


@commands.command()
@click.argument("source", help="A folder, or a zip or tar file by its path or URL.")
@click.argument("pattern", default="", help="Regular expression with groups label and group.")
def folder(source: str, pattern: str) -> None:
    """Copy a folder of recordings into the project, or pin an archive."""
    _load("console.project_commands").folder(Path.cwd(), source, pattern)


@commands.command()
@click.argument("name", default="", help="Recipe to write.")
@click.option("--force", is_flag=True, help="Discard other changes of params.yaml.")
def recipe(name: str, force: bool) -> None:
    """Write a recipe to params.yaml, or list all recipes."""
    _load("console.project_commands").recipe(Path.cwd(), name, force)


@commands.command()
def data_update() -> None:
    """Pin the newest version of what fetch.source names."""
    _load("console.project_commands").data_update(Path.cwd())


@commands.command()
def data_report() -> None:
    """Write data/report.html: what the recordings contain."""
    _load("console.data_report").write(Path.cwd())


@commands.command()
@click.argument("n", type=int, help="Number of seeds.")
def seeds(n: int) -> None:
    """Train with several seeds, and show how far the metrics vary."""
    _load("console.seeds").show(Path.cwd(), n)


@commands.command()
def track() -> None:
    """Log the results in dvc.lock that MLflow lacks."""
    _load("tracking").track(Path.cwd())


@commands.command()
def promote() -> None:
    """Register the result if it passes its gates.

    It becomes the champion if it beats the current one.
    """
    print(_load("tracking").promote(Path.cwd()))


@commands.command()
@click.argument("run", help="Run's id.")
def verify_run(run: str) -> None:
    """Compare the working tree with what a run was made of."""
    print(_load("tracking").verify(Path.cwd(), run))


@commands.command()
@click.option("--base", default="HEAD", help="Commit to compare with.")
@click.option("--promote", is_flag=True, help="Promote the result if all gates pass.")
def retrain(base: str, promote: bool) -> None:
    """Bring the result up to date and compare it with a commit's, in a comment."""
    _load("retraining.retrain").run(Path.cwd(), base, promote)


@commands.command()
@sound_commands.model_option
@click.option("--port", type=click.IntRange(1, 65535), default=7860)
@click.option(
    "--host",
    default="127.0.0.1",
    help="Any other address needs the token that is printed.",
)
def app(model: Path, port: int, host: str) -> None:
    """Serve the web app: hear what the model has learned."""
    _load("app.server").serve(Path.cwd(), model, host, port)


@commands.command()
@click.option("--each", type=click.IntRange(1), default=8, help="Sounds of each set.")
@sound_commands.seed_option
def study(each: int, seed: int) -> None:
    """Make the pool of sounds of a listening study."""
    # Generated sounds must be those that the generate stage would make.
    sound_commands.prepare(Path(MODEL))
    print(_load("listening.pool").make(Path.cwd(), seed, each))


@commands.command()
def study_report() -> None:
    """Write study/report.html: the listeners' ratings."""
    print(_load("listening.report").write(Path.cwd()))


@commands.command()
@click.argument(
    "out",
    type=click.Path(path_type=Path),
    help="New folder, named as it will be in webMUSHRA's configs.",
)
def study_export(out: Path) -> None:
    """Write the study for webMUSHRA."""
    _load("listening.webmushra").export(Path.cwd(), out)


for command in sound_commands.COMMANDS:
    commands.add_command(command)
