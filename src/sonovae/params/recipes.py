"""Recipes: whole experiments for params.yaml, each written as its changes to recipes/base.yaml."""

import difflib
import io
import itertools
from pathlib import Path
from typing import Any

from ruamel.yaml.error import YAMLError

from sonovae import atomic, version_control
from sonovae.errors import UserError
from sonovae.params.file import check, parse, read_yaml, round_trip
from sonovae.params.sections import GriffinLim
from sonovae.project import OWN, PARAMS

BASE = "base"
NOTE = [
    "# Every hyperparameter of the experiment, with its unit; src/sonovae/params/ has the rules.",
    "# `dvc exp run -S train.kl_weight=0.5` tries another value.",
]
"""Comment below the header of a recipe in params.yaml."""


def described(root: Path) -> dict[str, str]:
    """Return each recipe's name with the line that describes it."""
    paths = sorted(path for path in (root / "recipes").glob("*.yaml") if path.stem != BASE)
    return {path.stem: _header(path)[0].partition(": ")[2] for path in paths}


def whole(root: Path, name: str) -> str:
    """Return a recipe as the text of params.yaml; raise UserError if it breaks a rule."""
    names = described(root)
    if name not in names:
        close = difflib.get_close_matches(name, names, n=1)
        guess = f" (did you mean {close[0]}?)" if close else ""
        raise UserError(f"NAME = {name!r} is no recipe{guess}: there are {', '.join(names)}")
    path = _path(root, name)
    yaml = round_trip()
    data = yaml.load(_path(root, BASE))
    try:
        changes = yaml.load(path)
    except YAMLError as error:
        raise UserError(f"{path.name} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(changes, dict):
        raise UserError(f"{path.name} holds no keys and values")
    _merge(data, changes, path.name)
    # A user's own folder stays the source, except for whistles, which need none.
    if data["fetch"]["source"] != "whistles" and (root / f"{OWN}.dvc").exists():
        data["fetch"] |= {"source": "folder", "folder": OWN}
    text = io.StringIO()
    yaml.dump(data, text)
    # The base's own header ends at its first empty line.
    body = text.getvalue().partition("\n\n")[2]
    header = [f"# {line}" for line in _header(path)]
    written = "\n".join([*header, *NOTE, "", body])
    check(written, path.name)
    return written


def default_inverse() -> GriffinLim:
    """Return the base recipe's settings of the inverse, for a model outside of a project."""
    package = Path(__file__).parents[1]
    # An installed package holds the recipes; in a checkout they lie next to src.
    root = package if (package / "recipes").is_dir() else package.parents[1]
    base = read_yaml(root / "recipes" / f"{BASE}.yaml")
    return parse(base["generate"]["griffin_lim"], GriffinLim)


def use(root: Path, name: str, force: bool) -> None:
    """Write a recipe to params.yaml; UserError if that loses changes, unless forced."""
    path = root / PARAMS
    text = whole(root, name)
    if path.exists() and not force and not _is_kept(root, path.read_text(encoding="utf-8")):
        raise UserError(
            "params.yaml has changes that neither git nor a recipe holds: commit them, or discard"
            f" them with `make recipe NAME={name} FORCE=1`"
        )
    with atomic.file(path) as part:
        part.write_text(text, encoding="utf-8")


def needed(root: Path, name: str) -> str:
    """Return the header's line about the recordings that a recipe needs, or ""."""
    header = _header(_path(root, name))
    return next((line for line in header if line.startswith("Recordings: ")), "")


def _path(root: Path, name: str) -> Path:
    return root / "recipes" / f"{name}.yaml"


def _is_kept(root: Path, text: str) -> bool:
    """Whether git or a recipe holds this text of params.yaml."""
    if text == version_control.git(root, "show", f"HEAD:./{PARAMS}"):
        return True
    return any(_is_text_of(root, name, text) for name in described(root))


def _is_text_of(root: Path, name: str, text: str) -> bool:
    try:
        return whole(root, name) == text
    except UserError:  # a recipe that is being written
        return False


def _header(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    comments = itertools.takewhile(lambda line: line.startswith("#"), lines)
    return [line.removeprefix("#").strip() for line in comments] or [""]


def _merge(base: Any, changes: dict[str, Any], name: str) -> None:
    """Set the recipe's values in the base, section by section."""
    for key, value in changes.items():
        if key not in base:
            raise UserError(
                f"{name}: {key} is no key of {BASE}.yaml, which has {', '.join(base)} there"
            )
        if isinstance(value, dict) and isinstance(base[key], dict):
            _merge(base[key], value, name)
        else:
            base[key] = value
