"""Files of a folder by name, and which of them must not be opened or versioned."""

import os
from pathlib import Path
from urllib.parse import quote

HIDDEN = "hidden: its name begins with a dot"
"""Reason not to open the files of file managers and of git."""


def files(folder: Path) -> dict[str, Path]:
    """Return everything below the folder that is not a folder, by name and in the order of names.

    Links are not followed. A folder that is hidden, a link or closed stands for its files.
    """
    paths = list[Path]()
    closed = list[OSError]()
    for parent, folders, names in os.walk(folder, onerror=closed.append):
        apart = [
            name for name in folders if name.startswith(".") or Path(parent, name).is_symlink()
        ]
        # os.walk does not enter the folders that are removed from its list.
        folders[:] = [name for name in folders if name not in apart]
        paths += [Path(parent, name) for name in names + apart]
    paths += [Path(error.filename) for error in closed]
    # Bytes sort alike in every locale, and names that are not UTF-8 have no other order.
    return {name_of(path, folder): path for path in sorted(paths, key=os.fsencode)}


def name_of(path: Path, folder: Path) -> str:
    """Return the path inside the folder, percent-encoded if it is not UTF-8."""
    name = path.relative_to(folder).as_posix()
    return name if _is_utf8(name) else quote(os.fsencode(name))


def reason_not_to_open(path: Path, folder: Path) -> str:
    """Return why a path must not be opened.

    Empty for a plain file, and for a link to one in the folder.
    """
    if path.name.startswith("."):
        return HIDDEN
    if path.is_symlink():
        if not path.exists():
            return "a link to nothing"
        if path.is_dir():
            return "a link to a folder"
        # A link from a downloaded archive may lead to any file of the user.
        if not path.resolve().is_relative_to(folder.resolve()):
            return "a link out of the folder: put the file itself there"
    if path.is_dir():
        return "a folder that cannot be opened"
    # Opening a FIFO would block for ever.
    return "" if path.is_file() else "not a file, but a FIFO, socket or device"


def stumbling_blocks(folder: Path) -> list[str]:
    """Return a line for each path that stops DVC or makes it hang, with what to do about it."""
    faults = {name: _fault(path, folder) for name, path in files(folder).items()}
    return [f"{name!r} {fault}" for name, fault in faults.items() if fault]


def _fault(path: Path, folder: Path) -> str:
    if path.is_symlink() and not path.exists():
        return "is a link to nothing: delete it"
    if path.exists() and not path.is_file() and not path.is_dir():
        return "is not a file but a FIFO, socket or device: delete it"
    if not _is_utf8(path.relative_to(folder).as_posix()):
        return "(percent-encoded here) has a name that is not UTF-8: rename it"
    # DVC would run it as a pipeline of its own, or refuse to version it.
    if path.name in ("dvc.yaml", "dvc.lock") or path.suffix == ".dvc":
        return "is a file of DVC: move it out of the folder"
    return ""


def _is_utf8(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
