"""Commands over a project: choose its recordings and recipe, and show them."""

from pathlib import Path
from typing import Any

from sonovae import params, version_control
from sonovae.errors import UserError
from sonovae.params import recipes
from sonovae.project import OWN, Project
from sonovae.recordings import card, folder_check, sources

MAX_CHANGES = 20
"""Lines of changes to show of a new version, which fit on a screen."""


def folder(root: Path, source: str, pattern: str) -> None:
    """Let params.yaml fetch an archive, or a folder, of which DVC keeps a copy in data/own."""
    values: dict[str, Any] = {}
    # The whistles' pattern and table do not fit other recordings.
    if pattern or params.load(Project(root).params).fetch.source == "whistles":
        values = {"fetch.table": None, "fetch.pattern": pattern or None}
    is_address = "://" in source
    path = Path(source).expanduser()
    if is_address or path.is_file():
        at = source if is_address else str(path)
        archive = {"at": at, "sha256": sources.pinned(root, at)}
        values |= {"fetch.source": "archive", "fetch.archive": archive}
        params.edit(Project(root).params, values)
        print(f"params.yaml fetches the recordings in {at}, pinned by its SHA-256")
        print("next: git add params.yaml; make repro")
    elif source and path.is_dir():
        _copy(root, path, values)
    else:
        raise UserError(
            f"FROM = {source!r} is neither a folder nor an archive: make folder FROM=path"
        )


def _copy(root: Path, source: Path, values: dict[str, Any]) -> None:
    """Add a folder to DVC as data/own, and set `values` and the folder in params.yaml."""
    folder_check.refuse(source)
    if (root / OWN).exists() or (root / f"{OWN}.dvc").exists():
        raise UserError(
            f"{OWN} is there already: change its files, or `dvc remove {OWN}.dvc`"
            " and move it away first"
        )
    path = Project(root).params
    before = path.read_bytes()
    # Faults of the parameters show before the copy, which may take long.
    params.edit(path, values | {"fetch.source": "folder", "fetch.folder": OWN})
    try:
        version_control.dvc(root, "add", "--quiet", "--out", OWN, str(source))
    except UserError:
        path.write_bytes(before)
        raise UserError(
            f"DVC could not add {str(source)!r}: see its message above; params.yaml is unchanged"
        ) from None
    print(f"{OWN} is a copy of {source}, tracked by DVC, and params.yaml fetches it")
    print(f"next: git add {OWN}.dvc data/.gitignore params.yaml; make repro")


def recipe(root: Path, name: str, force: bool) -> None:
    """Write a recipe to params.yaml, and print what it needs; without a name, list them."""
    descriptions = recipes.described(root)
    if not name:
        for known, description in descriptions.items():
            print(f"  make recipe NAME={known:22} {description}")
        return
    recipes.use(root, name, force)
    print(f"params.yaml is the recipe {name}: {descriptions[name]}")
    settings = params.load(Project(root).params).fetch
    dataset = card.of(root, settings)
    if dataset:
        print(f"{dataset.title}: {dataset.what}. Licence: {dataset.licence}.")
    if settings.source == "kaggle" and dataset:
        print(f"next: make repro, which downloads {settings.kaggle} from Kaggle;")
        print(f"or, with its files (as {dataset.layout}), make folder FROM=path; make repro")
    elif settings.source == "whistles" or settings.folder == OWN:
        print("next: make repro")
    else:
        print(f"{recipes.needed(root, name)}\nnext: make folder FROM=path; make repro")


def data_update(root: Path) -> None:
    """Pin the newest version of what fetch.source names, and print what changes."""
    path = Project(root).params
    values, changes = sources.newest(root, params.load(path).fetch)
    if not values:
        print("params.yaml names the newest already")
        return
    for change in changes[:MAX_CHANGES] or ["no file differs in name or size"]:
        print(change)
    if len(changes) > MAX_CHANGES:
        print(f"… and {len(changes) - MAX_CHANGES} more")
    params.edit(path, values)
    for key, value in values.items():
        print(f"params.yaml: {key} = {value}")
    print("next: make repro")
