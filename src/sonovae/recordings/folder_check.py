"""Faults of the folders that params.yaml names, found before DVC hangs on them or dies of them."""

from pathlib import Path

from sonovae import params
from sonovae.errors import UserError
from sonovae.recordings import folder


def check(root: Path) -> None:
    """Say what DVC would hang on or die of, before it is started."""
    whole = params.load(root / "params.yaml")
    p, back = whole.fetch, "`dvc checkout`, `dvc pull` or `git checkout` brings it back"
    for key, path in (("fetch.folder", p.folder), ("evaluate.unseen", whole.evaluate.unseen)):
        if not (root / path).is_dir():
            raise UserError(f"{key} = {path!r} is not there: {back}; or name another")
        refuse(root / path)
    found = {name for name in folder.files(root / p.folder) if not name.startswith(".")} - {
        "README.md"
    }
    if p.source == "folder" and not found:
        raise UserError(
            f"fetch.folder = {p.folder!r} holds no recordings: `make folder FROM=…` takes yours"
        )


def refuse(path: Path) -> None:
    """Raise UserError if a folder holds what DVC cannot version."""
    if faults := folder.stumbling_blocks(path):
        raise UserError("\n".join(f"{path}: {fault}" for fault in faults))
