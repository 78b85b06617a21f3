"""The console command."""

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any

from sonovae import params, recordings
from sonovae.errors import UserError
from sonovae.params import recipes
from sonovae.params.recipes import OWN


def main() -> None:
    """`sonovae check`, `folder` and `recipe`; exit code 2 and one line a fault for what a user can mend."""
    parser = argparse.ArgumentParser("sonovae", description=__doc__)
    commands = parser.add_subparsers(required=True)
    check_command = commands.add_parser("check", help="look for faults in params.yaml and in the folder of recordings")
    check_command.set_defaults(call=lambda root, _: check(root))
    folder_command = commands.add_parser("folder", help=f"copy a folder of recordings to {OWN}, and use it")
    folder_command.add_argument("source", help="the folder")
    folder_command.add_argument(
        "pattern", nargs="?", default="", help="names label and group: (?P<label>…)_(?P<group>…)"
    )
    folder_command.set_defaults(call=lambda root, words: folder(root, words.source, words.pattern))
    recipe_command = commands.add_parser("recipe", help="write a recipe to params.yaml, or list them")
    recipe_command.add_argument("name", nargs="?", default="", help="the recipe")
    recipe_command.add_argument("--force", action="store_true", help="also where params.yaml has changes of its own")
    recipe_command.set_defaults(call=lambda root, words: recipe(root, words.name, words.force))
    words = parser.parse_args()
    try:
        words.call(Path.cwd(), words)
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


def check(root: Path) -> None:
    """Say what DVC would hang on or die of, before it is started."""
    p = params.load(root / "params.yaml").fetch
    if not (root / p.folder).is_dir():
        back = "`dvc checkout` or `dvc pull` brings it back, `make folder FROM=…` takes another"
        raise UserError(f"fetch.folder = {p.folder!r} is not there: {back}")
    _refuse(root / p.folder)
    found = {path.name for path in recordings.files(root / p.folder, p)} - {"README.md"}
    if p.source == "folder" and not found:
        raise UserError(f"fetch.folder = {p.folder!r} holds no recordings: `make folder FROM=…` takes yours")


def folder(root: Path, source: str, pattern: str) -> None:
    """Let DVC track a copy of `source` as data/own, and let params.yaml fetch it."""
    source = str(Path(source).expanduser()) if source else ""
    if not source or not Path(source).is_dir():
        raise UserError(f"FROM = {source!r} is not a folder: make folder FROM=path/to/recordings")
    _refuse(Path(source))
    if (root / OWN).exists() or (root / f"{OWN}.dvc").exists():
        raise UserError(f"{OWN} is there already: change its files, or `dvc remove {OWN}.dvc` and move it away first")
    values: dict[str, Any] = {"fetch.source": "folder", "fetch.folder": OWN}
    if pattern or params.load(root / "params.yaml").fetch.source == "whistles":  # whose pattern is of no use here
        values |= {"fetch.table": None, "fetch.pattern": pattern or None}
    before = (root / "params.yaml").read_bytes()
    params.edit(root / "params.yaml", values)
    done = subprocess.run([sys.executable, "-m", "dvc", "add", "--quiet", "--out", OWN, source], cwd=root, check=False)
    if done.returncode:
        (root / "params.yaml").write_bytes(before)
        raise UserError(f"DVC could not add {source!r}: see its message above; params.yaml is as it was")
    print(f"{OWN} is a copy of {source}, tracked by DVC, and params.yaml fetches it")
    print(f"next: git add {OWN}.dvc data/.gitignore params.yaml; make repro")


def recipe(root: Path, name: str, force: bool) -> None:
    """Write a recipe to params.yaml, and say what it needs; without a name, list them."""
    if not name:
        for each, what in recipes.described(root).items():
            print(f"  make recipe NAME={each:22} {what}")
        return
    recipes.use(root, name, force)
    print(f"params.yaml is the recipe {name}: {recipes.described(root)[name]}\n{recipes.needed(root, name)}")
    fetch = params.load(root / "params.yaml").fetch
    ready = fetch.source == "whistles" or fetch.folder == OWN
    print("next: make repro" if ready else "next: make folder FROM=path/to/the/recordings; make repro")


def _refuse(path: Path) -> None:
    if faults := recordings.stumbling_blocks(path):
        raise UserError("\n".join(f"{path}: {fault}" for fault in faults))
