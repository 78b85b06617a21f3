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
        # os.walk does not enter the folders that are removed from its list.
        for name in list(folders):
            if name.startswith(".") or Path(parent, name).is_symlink():
                folders.remove(name)
                names.append(name)
        paths += [Path(parent, name) for name in names]
    paths += [Path(error.filename) for error in closed]
    # Bytes sort alike in every locale, and names that are not UTF-8 have no other order.
    return {_name(path, folder): path for path in sorted(paths, key=os.fsencode)}


def _name(path: Path, folder: Path) -> str:
    """Return the path inside the folder, percent-encoded if it is not UTF-8."""
    name = path.relative_to(folder).as_posix()
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return quote(os.fsencode(name))
    return name


def reason_not_to_open(path: Path, folder: Path) -> str:
    """Return why a path must not be opened; empty for a plain file or a link to one inside."""
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
