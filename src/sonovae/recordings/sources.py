"""Sources of recordings: synthetic whistles, a folder, an archive or Kaggle; and their versions."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pooch
import requests
from urllib3.exceptions import HTTPError

from sonovae.errors import UserError
from sonovae.params.fetch import Archive, Fetch, without_login
from sonovae.project import Project
from sonovae.recordings import archive, kaggle, whistles
from sonovae.runtime import checksums, lock

UNPACKED = ".sonovae/unpacked"
"""Folder for unpacked recordings; each experiment has one, as it runs in a copy of the project."""


@contextlib.contextmanager
def opened(root: Path, settings: Fetch) -> Iterator[Path]:
    """Yield the folder of the recordings; a temporary one is removed when the block ends."""
    if settings.source == "folder":
        yield root / settings.folder
        return
    temporary = root / UNPACKED
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        if settings.source == "whistles":
            whistles.write(temporary, settings.whistles)
        else:
            _unpack(root, settings, temporary)
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def newest(root: Path, settings: Fetch) -> tuple[dict[str, str], list[str]]:
    """Return the parameters, by dotted key, that pin the newest recordings, and what changes.

    Raise UserError if the source has no versions.
    """
    if settings.source == "kaggle" and settings.kaggle:
        handle = kaggle.newest(settings.kaggle)
        if handle != settings.kaggle:
            return {"fetch.kaggle": handle}, _changes(settings.kaggle, handle)
        return {}, []
    if settings.source == "archive" and settings.archive:
        at = settings.archive.at
        sha256 = pinned(root, at)
        if sha256 != settings.archive.sha256:
            change = f"{at}: SHA-256 {settings.archive.sha256[:12]}… → {sha256[:12]}…"
            return {"fetch.archive.sha256": sha256}, [change]
        return {}, []
    raise UserError(f"fetch.source = {settings.source} has no versions: only archive and kaggle do")


def pinned(root: Path, at: str) -> str:
    """Return the SHA-256 of the archive at a path or URL; raise UserError if there is none."""
    try:
        without_login(at)
    except ValueError as error:
        raise UserError(f"the archive {error}") from None
    path = _local(root, at, None)
    if not archive.is_archive(path):
        # A download that is no archive is useless, but a file of the user is not ours to delete.
        if path.is_relative_to(_downloads(root)):
            path.unlink()
        raise UserError(f"{at!r} is neither a zip nor a tar file")
    return checksums.sha256(path)


def _downloads(root: Path) -> Path:
    """Return the folder of downloads, which the main project shares with its experiments."""
    folder = Project(root).private / "downloads"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _unpack(root: Path, settings: Fetch, folder: Path) -> None:
    # Two experiments that start at once would write the same download.
    with lock.in_turn(_downloads(root).with_suffix(".lock")):
        if settings.source == "kaggle" and settings.kaggle:
            path = kaggle.download(settings.kaggle, _downloads(root))
        elif settings.archive:
            path = _verified(root, settings.archive)
        else:
            raise ValueError(f"fetch.source = {settings.source} has no archive")
    try:
        archive.unpack(path, folder)
    except archive.DamagedArchive:
        # A download that stayed would be found again in every run.
        if settings.source == "kaggle":
            path.unlink()
        raise


def _verified(root: Path, pin: Archive) -> Path:
    """Return the pinned archive; raise UserError if the file has another hash."""
    path = _local(root, pin.at, pin.sha256)
    sha256 = checksums.sha256(path)
    if sha256 != pin.sha256:
        raise UserError(
            f"fetch.archive.at = {pin.at!r} has the SHA-256 {sha256},"
            f" not fetch.archive.sha256 = {pin.sha256}: it is another file, or damaged;"
            " `make data-update` pins the file that is there now"
        )
    return path


def _local(root: Path, at: str, sha256: str | None) -> Path:
    """Return the archive as a local file; one with this SHA-256 is not downloaded again."""
    if not at.lower().startswith(("https://", "http://")):
        path = Project(root).home / at
        if not path.is_file():
            raise UserError(f"{at!r} is not a file: name a zip or tar file by its path or URL")
        return path
    known = _downloads(root) / f"{sha256}.archive"
    return known if known.is_file() else _downloaded(at, _downloads(root))


def _downloaded(url: str, folder: Path) -> Path:
    """Download a file to `folder`, where it appears whole and under its SHA-256."""
    # Its log lines would suggest to pin the hash in code.
    pooch.get_logger().setLevel("WARNING")
    loader = pooch.HTTPDownloader(progressbar=True, timeout=30)
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix="part-") as part:
            path = Path(pooch.retrieve(url, None, "archive", part, downloader=loader))
            return path.replace(folder / f"{checksums.sha256(path)}.archive")
    except requests.exceptions.ChunkedEncodingError:
        raise UserError(f"{url!r} broke off: run again") from None
    except requests.RequestException as error:
        response = error.response
        answer = "cannot be reached" if response is None else f"answered {response.status_code}"
        raise UserError(f"{url!r} {answer}: check the address and the network") from None
    except (ValueError, HTTPError):
        raise UserError(f"{url!r} is no address that can be used: check it") from None


def _changes(old: str, new: str) -> list[str]:
    """Return a line for each file in which two versions on Kaggle differ."""
    before = kaggle.files(old)
    after = kaggle.files(new)
    lines = [f"+ {name}, {size} bytes" for name, size in after.items() if name not in before]
    lines += [f"- {name}" for name in before if name not in after]
    for name, size in before.items():
        if after.get(name, size) != size:
            lines.append(f"~ {name}, {size} → {after[name]} bytes")
    return lines
