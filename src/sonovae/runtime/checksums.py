"""SHA256SUMS of an out, for damage that DVC does not notice: it looks at size and time only."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from sonovae.errors import UserError

NAME = "SHA256SUMS"
"""File of hashes in the format of coreutils: `sha256sum --check SHA256SUMS` reads it."""


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal digits."""
    # Without a buffer, file_digest reads large blocks straight into its own.
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(folder: Path, known: Mapping[str, str] | None = None) -> None:
    """List all files of a folder with their hashes; no name may hold a line break.

    `known` are hashes by path in the folder that need not be computed again.
    """
    hashes = known or {}
    lines = [f"{hashes.get(name) or sha256(folder / name)}  {name}\n" for name in _files(folder)]
    (folder / NAME).write_text("".join(lines), encoding="utf-8")


def verify(folder: Path, stage: str) -> dict[str, str]:
    """Return each file's hash by its path; raise UserError if `stage` did not write it so."""
    try:
        lines = (folder / NAME).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise UserError(
            f"{folder / NAME} cannot be read: `dvc repro -f {stage}` writes it again"
        ) from None
    listed = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    present = _files(folder)
    faults = [f"{folder / name} is not there" for name in sorted(listed.keys() - present)]
    faults += [f"{folder / name} does not belong there" for name in present if name not in listed]
    faults += [
        f"{folder / name} has changed since {stage} wrote it"
        for name in present
        if name in listed and sha256(folder / name) != listed[name]
    ]
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise UserError(
            f"{faults[0]}{more}, which DVC does not notice: `rm -r {folder}` and `dvc checkout"
            f" {folder}` restore DVC's copy; if that is damaged too, `mv .dvc/cache .dvc/damaged`"
            f" and `dvc repro -f {stage}` make it again"
        )
    return listed


def _files(folder: Path) -> list[str]:
    """Return paths in the folder, in the order of their parts."""
    # pathlib needs as long to find the files as it takes to hash them.
    names = [f"{at}/{name}" for at, _, names in os.walk(folder) for name in names]
    paths = [name[len(str(folder)) + 1 :] for name in names if os.path.isfile(name)]  # noqa: PTH113
    return sorted((path for path in paths if path != NAME), key=lambda path: path.split("/"))
