"""What lies in a folder, by names that any table can hold, and what of it may not be opened."""

import os
from pathlib import Path
from urllib.parse import quote

HIDDEN = "hidden: its name begins with a dot"
"""The file manager's or git's."""


def files(folder: Path) -> dict[str, Path]:
    """Everything below the folder that is not a folder, by name and in the order of names; links are not followed. Of a
    folder that is hidden or cannot be opened, the folder itself."""
    closed: list[OSError] = []
    found = list[Path]()
    for at, folders, names in os.walk(folder, onerror=closed.append):
        apart = [name for name in folders if name.startswith(".") or Path(at, name).is_symlink()]
        folders[:] = [name for name in folders if name not in apart]
        found += [Path(at, name) for name in names + apart]
    found += [Path(error.filename) for error in closed]
    return {name_of(path, folder): path for path in sorted(found, key=os.fsencode)}


def name_of(path: Path, folder: Path) -> str:
    """The path inside the folder; percent-encoded where it is not UTF-8."""
    name = path.relative_to(folder).as_posix()
    return name if _is_utf8(name) else quote(os.fsencode(name))


def reason_not_to_open(path: Path, folder: Path) -> str:
    """Why a path is not read: a FIFO would block, a link lead anywhere. Nothing for a plain file, or a link to one in
    the folder."""
    if path.name.startswith("."):
        return HIDDEN
    if path.is_symlink() and not path.exists():
        return "a link to nothing"
    if path.is_symlink() and path.is_dir():
        return "a link to a folder"
    if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
        return "a link out of the folder: put the file itself there"
    if path.is_dir():
        return "a folder that cannot be opened"
    return "" if path.is_file() else "not a file, but a FIFO, socket or device"


def stumbling_blocks(folder: Path) -> list[str]:
    """What in the folder DVC would hang on (a FIFO) or die of, each with what to do."""
    return [
        f"{name!r} {fault}"
        for name, path in files(folder).items()
        if (fault := _fault(path, folder))
    ]


def _fault(path: Path, folder: Path) -> str:
    if path.is_symlink() and not path.exists():
        return "is a link to nothing: delete it"
    if path.exists() and not path.is_file() and not path.is_dir():
        return "is not a file but a FIFO, socket or device: delete it"
    if not _is_utf8(path.relative_to(folder).as_posix()):
        return "(percent-encoded here) has a name that is not UTF-8: rename it"
    if path.name in ("dvc.yaml", "dvc.lock") or path.suffix == ".dvc":
        return "is a file of DVC's: move it out of the folder"
    return ""


def _is_utf8(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
