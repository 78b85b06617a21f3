"""Unpack a zip or tar file of unknown origin into an empty folder.

The caller removes the folder if an error is raised.
"""

import lzma
import stat
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from sonovae.errors import UserError
from sonovae.runtime.progress import progress

MOST_FILES = 1_000_000
"""Files of an archive; each takes memory before anything is unpacked."""
MOST_BYTES = 1 << 40
"""Bytes of all files, 1 TiB: more than most disks have to spare."""
MOST_RATIO = 200
"""Bytes of all files for each byte of the archive: silence packs better, a whole dataset not."""
RATIO_FROM = 1 << 30
"""Bytes of all files from which `MOST_RATIO` counts, so that short silent recordings pass."""
LONGEST_NAME = 255
LONGEST_PATH = 1000
"""Bytes that common disks accept for a name and, with the folders above it, for a path."""
BLOCK = 1 << 20
"""Bytes that are read at once."""

DAMAGED: tuple[type[Exception], ...] = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    MemoryError,
    # zipfile raises it for an encrypted file.
    RuntimeError,
    ValueError,
    OSError,
)
"""Exceptions of the libraries on an archive that is damaged or of an unknown kind."""


@dataclass(frozen=True)
class Member:
    """A file of an archive: its name, the size in bytes that it promises, and what opens it."""

    name: str
    size: int
    open: Callable[[], Any]


class DamagedArchive(UserError):
    """An archive that cannot be used, now or later."""


class Refused(Exception):
    """Reason not to unpack an archive."""


def is_archive(path: Path) -> bool:
    """Return whether a file is a zip or tar file."""
    with suppress(*DAMAGED):
        return path.is_file() and (zipfile.is_zipfile(path) or tarfile.is_tarfile(path))
    return False


def unpack(path: Path, folder: Path) -> None:
    """Write an archive's files to an empty folder; DamagedArchive if it is damaged or hostile."""
    try:
        if not is_archive(path):
            raise Refused("it is neither a zip nor a tar file")
        with zipfile.ZipFile(path) if zipfile.is_zipfile(path) else tarfile.open(path) as opened:
            members = _members(opened, path)
            _check_names([member.name for member in members])
            written = 0
            for member in progress(members, "unpack", "files"):
                written = _write(member, folder / member.name, written, path)
    except Refused as reason:
        raise DamagedArchive(f"{path} is refused: {reason}; nothing of it was kept") from None
    except DAMAGED as error:
        # An error with a number is the system's, such as a full disk, and not the archive's.
        if isinstance(error, OSError) and error.errno:
            raise
        fault = f"{path} cannot be unpacked: {error}; nothing of it was kept"
        raise DamagedArchive(fault) from None


def _members(opened: zipfile.ZipFile | tarfile.TarFile, path: Path) -> list[Member]:
    """Return the plain files; raise Refused for anything but files and folders, or too much."""
    found = _zip_members(opened) if isinstance(opened, zipfile.ZipFile) else _tar_members(opened)
    members = list[Member]()
    promised = 0
    # The limits are checked while members are listed: a list of a billion would fill the memory.
    for member in found:
        members.append(member)
        promised += member.size
        _check_size(promised, path)
        if len(members) > MOST_FILES:
            raise Refused(f"it holds more than {MOST_FILES} files")
    return members


def _zip_members(opened: zipfile.ZipFile) -> Iterator[Member]:
    for entry in opened.infolist():
        # The upper half holds the mode on Unix; it is 0 if the zip was made elsewhere.
        if stat.S_IFMT(entry.external_attr >> 16) not in (
            0,
            stat.S_IFREG,
            stat.S_IFDIR,
        ):
            raise Refused(f"{entry.filename!r} is a link, device or FIFO")
        if not entry.is_dir():
            yield Member(entry.filename, entry.file_size, partial(opened.open, entry))


def _tar_members(opened: tarfile.TarFile) -> Iterator[Member]:
    for n, entry in enumerate(opened):
        if not (entry.isreg() or entry.isdir()):
            raise Refused(f"{entry.name!r} is a link, device or FIFO")
        # Folders count too: they are no members, but take memory here.
        if entry.size < 0 or n > MOST_FILES:
            raise Refused(
                f"{entry.name!r} has {entry.size} bytes and is entry {n}, of at most {MOST_FILES}"
            )
        if not entry.isdir():
            name = entry.name.removeprefix("./")
            yield Member(name, entry.size, partial(opened.extractfile, entry))
    _check_end(opened)


def _check_end(opened: tarfile.TarFile) -> None:
    """Raise Refused if a tar file was cut, which tarfile does not notice."""
    file: Any = opened.fileobj
    file.seek(opened.offset)
    # tarfile mistakes a damaged header for the end, which is a block of zeros.
    if file.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise Refused(f"it is damaged or cut after {len(opened.getmembers())} entries")
    # The checksum of a compressed file is compared only at its very end.
    while file.read(BLOCK):
        pass


def _check_names(names: list[str]) -> None:
    """Raise Refused if a name leads out of the folder, or two are one name on some disk."""
    seen = dict[str, str]()
    for name in names:
        _check_name(name)
        folded = _folded(name)
        if folded in seen:
            raise Refused(f"{name!r} and {seen[folded]!r} are one name on some disks")
        seen[folded] = name
    for name in names:
        for parent in PurePosixPath(_folded(name)).parents:
            if str(parent) in seen:
                raise Refused(f"{seen[str(parent)]!r} is a file, and a folder of {name!r}")


def _check_name(name: str) -> None:
    """Raise Refused if a name is not a plain path inside a folder on every system."""
    parts = name.split("/")
    absolute = not name or name.startswith("/") or parts[0].endswith(":")
    if absolute or "\\" in name or "\0" in name:
        raise Refused(f"{name!r} is no path inside a folder")
    if {"", ".", ".."} & set(parts):
        raise Refused(f"{name!r} leads out of the folder, or is no plain path")
    if _bytes(name) > LONGEST_PATH or max(map(_bytes, parts)) > LONGEST_NAME:
        raise Refused(f"{name[:60]!r}… is too long a name")


def _bytes(name: str) -> int:
    return len(name.encode("utf-8", "replace"))


def _folded(name: str) -> str:
    """Return a name as a disk sees it that ignores case and composes accents."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _check_size(size: int, path: Path) -> None:
    """Raise Refused if `size` bytes are too many, or too many for the archive at `path`."""
    if size > MOST_BYTES:
        raise Refused(f"it holds {size >> 30} GiB, more than {MOST_BYTES >> 30}")
    if size > RATIO_FROM and size > MOST_RATIO * path.stat().st_size:
        raise Refused(f"it grows more than {MOST_RATIO}-fold, to {size >> 20} MiB: a zip bomb")


def _write(member: Member, target: Path, written: int, path: Path) -> int:
    """Write a member of the archive at `path`; return the bytes written so far, with its own."""
    target.parent.mkdir(parents=True, exist_ok=True)
    end = written + member.size
    with member.open() as source, target.open("xb") as file:
        while block := source.read(BLOCK):
            written += len(block)
            # The promised sizes were checked, but an archive may hold more than it promises.
            _check_size(written, path)
            file.write(block)
    if written != end:
        size = target.stat().st_size
        raise Refused(f"{member.name!r} holds {size} bytes and promises {member.size}")
    return written
