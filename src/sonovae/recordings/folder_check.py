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
    folders = {
        "fetch.folder": fetch.folder,
        "evaluate.unseen": settings.evaluate.unseen,
    }
    for key, path in folders.items():
        if not (root / path).is_dir():
            raise UserError(
                f"{key} = {path!r} does not exist: `dvc checkout`, `dvc pull` or `git checkout`"
                " brings it back; or name another"
            )
        refuse(root / path)
    names = folder.files(root / fetch.folder)
    recordings = [name for name in names if not name.startswith(".") and name != "README.md"]
    if fetch.source == "folder" and not recordings:
        raise UserError(
            f"fetch.folder = {fetch.folder!r} holds no recordings: `make folder FROM=…` adds yours"
        )


def refuse(path: Path) -> None:
    """Raise UserError, with a line for each fault, if DVC cannot version a folder."""
    faults = {name: _fault(name, file, path) for name, file in folder.files(path).items()}
    lines = [f"{path}: {name!r} {fault}" for name, fault in faults.items() if fault]
    if lines:
        raise UserError("\n".join(lines))


def _fault(name: str, path: Path, folder: Path) -> str:
    if path.is_symlink() and not path.exists():
        return "is a link to nothing: delete it"
    if path.exists() and not path.is_file() and not path.is_dir():
        return "is not a file but a FIFO, socket or device: delete it"
    if name != path.relative_to(folder).as_posix():
        return "(percent-encoded here) has a name that is not UTF-8: rename it"
    # DVC would run it as a pipeline of its own, or refuse to version it.
    if path.name in ("dvc.yaml", "dvc.lock") or path.suffix == ".dvc":
        return "is a file of DVC: move it out of the folder"
    return ""
