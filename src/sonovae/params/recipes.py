"""Recipes: whole experiments for params.yaml, each said by what it has of its own over recipes/base.yaml."""

import difflib
import io
from pathlib import Path
from typing import Any

from ruamel.yaml.error import YAMLError

from sonovae import version_control
from sonovae.errors import UserError
from sonovae.params.file import check, round_trip, write
from sonovae.params.sections import Params

BASE = "base"
OWN = "data/own"
"""The folder of one's own recordings, as DVC tracks it."""

NOTE = [
    "# This is the whole experiment: every hyperparameter, each with its unit. What a key means stands in",
    "# src/sonovae/params/, with the values that it takes. `dvc exp run -S train.kl_weight=0.5` tries another.",
]


def described(root: Path) -> dict[str, str]:
    """Each recipe by its name, with the line that says what it is."""
    paths = sorted(path for path in (root / "recipes").glob("*.yaml") if path.stem != BASE)
    return {path.stem: _header(path)[0].partition(": ")[2] for path in paths}


def whole(root: Path, name: str) -> str:
    """The text of params.yaml that a recipe stands for: its header, and the base with what is its own; UserError where
    there is no such recipe, or it breaks a rule."""
    if name not in (names := described(root)):
        close = difflib.get_close_matches(name, names, n=1)
        mean = f" (did you mean {close[0]}?)" if close else ""
        raise UserError(f"NAME = {name!r} is no recipe{mean}: there are {', '.join(names)}")
    path, yaml = root / "recipes" / f"{name}.yaml", round_trip()
    data = yaml.load(root / "recipes" / f"{BASE}.yaml")
    try:
        own = yaml.load(path)
    except YAMLError as error:
        raise UserError(f"{path.name} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(own, dict):
        raise UserError(f"{path.name} holds no keys and values")
    _merge(data, own, path.name)
    if data["fetch"]["source"] != "whistles" and (root / f"{OWN}.dvc").exists():
        data["fetch"] |= {"source": "folder", "folder": OWN}
    text = io.StringIO()
    yaml.dump(data, text)
    body = text.getvalue().partition("\n\n")[2]
    written = "\n".join([*(f"# {line}" for line in _header(path)), *NOTE, "", body])
    check(written, path.name)
    return written


def starter() -> Params:
    """Parameters of the starter recipe, which the package brings along."""
    package = Path(__file__).parents[1]
    root = package if (package / "recipes").is_dir() else package.parents[1]
    return check(whole(root, "starter"), "starter")


def use(root: Path, name: str, force: bool) -> None:
    """Write a recipe to params.yaml; UserError where that would lose changes, unless forced."""
    path, text = root / "params.yaml", whole(root, name)
    if path.exists() and not force and not _is_kept(root, path.read_text(encoding="utf-8")):
        raise UserError(
            "params.yaml has changes that neither git nor a recipe holds: commit them, or give them up with"
            f" `make recipe NAME={name} FORCE=1`"
        )
    write(path, text)


def needed(root: Path, name: str) -> str:
    """What the recipe's header says of its recordings."""
    return next(
        (
            line
            for line in _header(root / "recipes" / f"{name}.yaml")
            if line.startswith("Recordings: ")
        ),
        "",
    )


def _is_kept(root: Path, text: str) -> bool:
    """Whether git or a recipe holds this text of params.yaml."""
    return text == version_control.git(root, "show", "HEAD:./params.yaml") or any(
        _stands_for(root, name, text) for name in described(root)
    )


def _stands_for(root: Path, name: str, text: str) -> bool:
    try:
        return whole(root, name) == text
    except UserError:  # a recipe under way
        return False


def _header(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    end = next(i for i, line in enumerate([*lines, ""]) if not line.startswith("#"))
    return [line.removeprefix("#").strip() for line in lines[:end]] or [""]


def _merge(base: Any, own: dict[str, Any], name: str) -> None:
    """Set what is a recipe's own in the base, mapping by mapping."""
    for key, value in own.items():
        if key not in base:
            raise UserError(
                f"{name}: {key} is no key of {BASE}.yaml, which has {', '.join(base)} there"
            )
        if isinstance(value, dict) and isinstance(base[key], dict):
            _merge(base[key], value, name)
        else:
            base[key] = value
