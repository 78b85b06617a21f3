"""SHA256SUMS of an out, as DVC notices neither a cache object that changed under it nor an edit that keeps size and
time."""

import hashlib
from pathlib import Path

from sonovae.errors import UserError

NAME = "SHA256SUMS"
"""In the form of coreutils: `sha256sum --check SHA256SUMS` reads it."""


def sha256(path: Path) -> str:
    """Of a file's bytes."""
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(folder: Path) -> None:
    """List all files of a folder, whose names hold no line's end, with their hashes."""
    lines = [f"{sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in _files(folder)]
    (folder / NAME).write_text("".join(lines), encoding="utf-8")


def verify(folder: Path, stage: str) -> dict[str, str]:
    """Each file's hash, by its path in the folder; UserError where one is not what `stage` wrote, whose message names
    it, and the way back."""
    try:
        lines = (folder / NAME).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise UserError(f"{folder / NAME} cannot be read: `dvc repro -f {stage}` writes it anew") from None
    promised = {name: hashed for hashed, _, name in (line.partition("  ") for line in lines)}
    found = {path.relative_to(folder).as_posix(): path for path in _files(folder)}
    faults = [f"{folder / name} is not there" for name in promised if name not in found]
    faults += [f"{path} does not belong there" for name, path in found.items() if name not in promised]
    faults += [
        f"{path} has changed since {stage} wrote it"
        for name, path in found.items()
        if name in promised and sha256(path) != promised[name]
    ]
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise UserError(
            f"{faults[0]}{more}, which DVC does not notice: `rm -r {folder}` and `dvc checkout {folder}` bring DVC's"
            f" copy back; if that is damaged too, `mv .dvc/cache .dvc/damaged` and `dvc repro -f {stage}` make it anew"
        )
    return promised


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / NAME)
