"""Faults of the folders that params.yaml names, found before DVC hangs on them."""

from pathlib import Path

from sonovae import params
from sonovae.errors import UserError
from sonovae.project import Project
from sonovae.recordings import folder


def check(root: Path) -> None:
    """Raise UserError if a folder of params.yaml is missing, empty, or cannot be versioned."""
    settings = params.load(Project(root).params)
    fetch = settings.fetch
    folders = {"fetch.folder": fetch.folder, "evaluate.unseen": settings.evaluate.unseen}
    for key, path in folders.items():
        if not (root / path).is_dir():
            raise UserError(
                f"{key} = {path!r} does not exist: `dvc checkout`, `dvc pull` or `git checkout`"
                " brings it back; or name another"
            )
        refuse(root / path)
    names = folder.files(root / fetch.folder)
    # The project comes with an empty folder, which git keeps by its README.
    recordings = [name for name in names if not name.startswith(".") and name != "README.md"]
    if fetch.source == "folder" and not recordings:
        raise UserError(
            f"fetch.folder = {fetch.folder!r} holds no recordings: `make folder FROM=…` adds yours"
        )


def refuse(path: Path) -> None:
    """Raise UserError if a folder holds what DVC cannot version."""
    faults = folder.stumbling_blocks(path)
    if faults:
        raise UserError("\n".join(f"{path}: {fault}" for fault in faults))
