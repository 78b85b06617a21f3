"""Unpack a zip or tar file that anyone may have made: all that is wrong with it is found before or while it is unpacked
beside, and nothing of it stays."""

import lzma
import stat
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from sonovae.errors import UserError
from sonovae.runtime.progress import progress

MOST_FILES = 1_000_000
MOST_BYTES = 1 << 40
MOST_RATIO, RATIO_FROM = 200, 1 << 30
"""Bytes out for bytes in, once so many are out: silence packs a thousandfold, but not a whole dataset."""
LONGEST_NAME, LONGEST_PATH = 255, 1000
"""Bytes; more than disks take."""
BLOCK = 1 << 20

DAMAGED: tuple[type[Exception], ...] = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
)
DAMAGED += (
    EOFError,
    MemoryError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)  # RuntimeError: of an encrypted zip


@dataclass(frozen=True)
class Member:
    """A file of an archive: its name, the bytes that it promises, and what opens it."""

    name: str
    size: int
    open: Callable[[], Any]


Opened = zipfile.ZipFile | tarfile.TarFile


class DamagedArchive(UserError):
    """Of an archive that is no use, now or later."""


class Refused(Exception):
    """Why an archive is not unpacked."""


def is_archive(path: Path) -> bool:
    """Whether a file is a zip or tar file."""
    with suppress(*DAMAGED, OSError):
        return path.is_file() and (zipfile.is_zipfile(path) or tarfile.is_tarfile(path))
    return False


def unpack(path: Path, folder: Path) -> None:
    """Write the files of an archive to an empty `folder`; DamagedArchive where it is damaged or hostile."""
    try:
        with _opened(path) as opened:
            members = _members(opened, path)
            _check_names([member.name for member in members])
            written = 0
            for member in progress(members, "unpack", "files"):
                written = _write(member, folder / member.name, written, path)
    except Refused as reason:
        raise DamagedArchive(f"{path} is refused: {reason}; nothing of it was kept") from None
    except DAMAGED as error:
        raise DamagedArchive(
            f"{path} cannot be unpacked: {error}; nothing of it was kept"
        ) from None
    except OSError as error:
        if error.errno:  # the disk's fault, and not the archive's
            raise
        raise DamagedArchive(
            f"{path} cannot be unpacked: {error}; nothing of it was kept"
        ) from None


@contextmanager
def _opened(path: Path) -> Iterator[Opened]:
    if not is_archive(path):
        raise Refused("it is neither a zip nor a tar file")
    with zipfile.ZipFile(path) if zipfile.is_zipfile(path) else tarfile.open(path) as opened:
        yield opened


def _members(opened: Opened, path: Path) -> list[Member]:
    """The plain files; Refused where there is anything else but folders, or too much."""
    members, promised = list[Member](), 0
    for member in _of_zip(opened) if isinstance(opened, zipfile.ZipFile) else _of_tar(opened):
        members.append(member)
        promised += member.size
        _check_size(promised, path)
        if len(members) > MOST_FILES:
            raise Refused(f"it holds more than {MOST_FILES} files")
    return members


def _of_zip(opened: zipfile.ZipFile) -> Iterator[Member]:
    for entry in opened.infolist():
        if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise Refused(f"{entry.filename!r} is a link, device or FIFO")
        if not entry.is_dir():
            yield Member(entry.filename, entry.file_size, partial(opened.open, entry))


def _of_tar(opened: tarfile.TarFile) -> Iterator[Member]:
    for n, entry in enumerate(opened):
        if not (entry.isreg() or entry.isdir()):
            raise Refused(f"{entry.name!r} is a link, device or FIFO")
        if entry.size < 0 or n > MOST_FILES:
            raise Refused(
                f"{entry.name!r} has {entry.size} bytes and is entry {n}, of at most {MOST_FILES}"
            )
        if not entry.isdir():
            yield Member(
                entry.name.removeprefix("./"), entry.size, partial(opened.extractfile, entry)
            )
    _check_end(opened)


def _check_end(opened: tarfile.TarFile) -> None:
    """tarfile takes any damaged header for the end, and stops before a compressed file's own checksum is read."""
    file: Any = opened.fileobj
    file.seek(opened.offset)
    if file.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise Refused(f"it is damaged or cut after {len(opened.getmembers())} entries")
    while file.read(BLOCK):
        pass


def _check_names(names: list[str]) -> None:
    """Refused where a name leads out of the folder, or two are one on some disk."""
    seen = dict[str, str]()
    for name in names:
        parts = name.split("/")
        if (
            not name
            or name.startswith("/")
            or "\\" in name
            or "\0" in name
            or parts[0].endswith(":")
        ):
            raise Refused(f"{name!r} is no path inside a folder")
        if {"", ".", ".."} & set(parts):
            raise Refused(f"{name!r} leads out of the folder, or is no plain path")
        if _bytes(name) > LONGEST_PATH or max(map(_bytes, parts)) > LONGEST_NAME:
            raise Refused(f"{name[:60]!r}… is too long a name")
        if (other := seen.get(_folded(name))) is not None:
            raise Refused(f"{name!r} and {other!r} are one name on some disks")
        seen[_folded(name)] = name
    for name in names:
        for above in PurePosixPath(_folded(name)).parents:
            if str(above) in seen:
                raise Refused(f"{seen[str(above)]!r} is a file, and a folder of {name!r}")


def _bytes(name: str) -> int:
    return len(name.encode("utf-8", "replace"))


def _folded(name: str) -> str:
    """As disks see a name that ignore case, or compose accents."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _check_size(size: int, path: Path) -> None:
    if size > MOST_BYTES:
        raise Refused(f"it holds {size >> 30} GiB, more than {MOST_BYTES >> 30}")
    if size > RATIO_FROM and size > MOST_RATIO * path.stat().st_size:
        raise Refused(f"it grows more than {MOST_RATIO}-fold, to {size >> 20} MiB: a zip bomb")


def _write(member: Member, target: Path, written: int, path: Path) -> int:
    """Write a member, and return the bytes written so far, whatever the archive promised."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with member.open() as source, target.open("xb") as file:
        while block := source.read(BLOCK):
            written += len(block)
            _check_size(written, path)
            file.write(block)
    if target.stat().st_size != member.size:
        raise Refused(
            f"{member.name!r} holds {target.stat().st_size} bytes and promises {member.size}"
        )
    return written
