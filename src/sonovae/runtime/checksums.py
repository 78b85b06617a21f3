"""SHA256SUMS of an out, as DVC notices neither a cache object that changed under it nor an edit that keeps size and
time."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from sonovae.errors import UserError

NAME = "SHA256SUMS"
"""In the form of coreutils: `sha256sum --check SHA256SUMS` reads it."""


def sha256(path: Path) -> str:
    """Of a file's bytes."""
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(folder: Path, known: Mapping[str, str] | None = None) -> None:
    """List all files of a folder, whose names hold no line's end, with their hashes.

    `known` are hashes that need not be computed again, by path in the folder.
    """
    hashes = dict(known or {})
    lines = [f"{hashes.get(name) or sha256(folder / name)}  {name}\n" for name in _files(folder)]
    (folder / NAME).write_text("".join(lines), encoding="utf-8")


def verify(folder: Path, stage: str) -> dict[str, str]:
    """Each file's hash, by its path in the folder; UserError where one is not what `stage` wrote, whose message names
    it, and the way back."""
    try:
        lines = (folder / NAME).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise UserError(
            f"{folder / NAME} cannot be read: `dvc repro -f {stage}` writes it anew"
        ) from None
    promised = {name: hashed for hashed, _, name in (line.partition("  ") for line in lines)}
    found = _files(folder)
    faults = [f"{folder / name} is not there" for name in sorted(promised.keys() - found)]
    faults += [f"{folder / name} does not belong there" for name in found if name not in promised]
    faults += [
        f"{folder / name} has changed since {stage} wrote it"
        for name in found
        if name in promised and sha256(folder / name) != promised[name]
    ]
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise UserError(
            f"{faults[0]}{more}, which DVC does not notice: `rm -r {folder}` and `dvc checkout {folder}` bring DVC's"
            f" copy back; if that is damaged too, `mv .dvc/cache .dvc/damaged` and `dvc repro -f {stage}` make it anew"
        )
    return promised


def _files(folder: Path) -> list[str]:
    """Their paths in the folder, in the order of their parts; to find them by pathlib takes as long as to hash them."""
    paths = [f"{at}/{name}" for at, _, names in os.walk(folder) for name in names]
    found = [path[len(str(folder)) + 1 :] for path in paths if os.path.isfile(path)]  # noqa: PTH113
    return sorted((name for name in found if name != NAME), key=lambda name: name.split("/"))
