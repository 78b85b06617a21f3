"""Where recordings come from: synthetic whistles, a folder, an archive, or Kaggle; and what is new there."""

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
from sonovae.recordings import archive, kaggle, whistles
from sonovae.runtime import checksums, environment, lock

HOME = Path(".sonovae/downloads")
"""Below the repository; nothing there is fetched twice."""
UNPACKED = Path(".sonovae/unpacked")
"""Below the project, where one stage runs at a time."""


@contextlib.contextmanager
def opened(root: Path, p: Fetch) -> Iterator[Path]:
    """The folder of recordings that `p` names; one that is made for it vanishes when the block ends."""
    if p.source == "folder":
        yield root / p.folder
        return
    made = root / UNPACKED
    shutil.rmtree(made, ignore_errors=True)  # of a stage that was killed
    made.mkdir(parents=True)
    try:
        if p.source == "whistles":
            whistles.write(made, p.whistles)
        else:
            _unpack(root, p, made)
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def newest(root: Path, p: Fetch) -> tuple[dict[str, str], list[str]]:
    """What `fetch` would have to say for the newest recordings, by dotted key, and what would change; nothing where all
    is new. UserError where the source has no versions."""
    if p.source == "kaggle" and p.kaggle:
        pin = kaggle.newest(p.kaggle)
        return ({"fetch.kaggle": pin}, _changes(p.kaggle, pin)) if pin != p.kaggle else ({}, [])
    if p.source == "archive" and p.archive:
        sha256 = pinned(root, p.archive.at)
        change = [f"{p.archive.at}: SHA-256 {p.archive.sha256[:12]}… → {sha256[:12]}…"]
        return (
            ({"fetch.archive.sha256": sha256}, change) if sha256 != p.archive.sha256 else ({}, [])
        )
    raise UserError(f"fetch.source = {p.source} has no versions: only archive and kaggle have")


def pinned(root: Path, at: str) -> str:
    """The SHA-256 of the archive at a path or URL as it is now; UserError where there is none."""
    try:
        without_login(at)
    except ValueError as error:
        raise UserError(f"the archive {error}") from None
    path = _fetched(root, at, None)
    if not archive.is_archive(path):
        if path.is_relative_to(_home(root)):
            path.unlink()
        raise UserError(f"{at!r} is neither a zip nor a tar file")
    return checksums.sha256(path)


def _home(root: Path) -> Path:
    """Of the main repository, also where DVC runs an experiment in a copy of it."""
    home = environment.home(root) / HOME
    home.mkdir(parents=True, exist_ok=True)
    return home


def _unpack(root: Path, p: Fetch, folder: Path) -> None:
    with lock.in_turn(
        _home(root).with_suffix(".lock")
    ):  # or two experiments would write the same download
        path = _archive(root, p)
    try:
        archive.unpack(path, folder)
    except archive.DamagedArchive:
        if p.source == "kaggle":
            path.unlink()  # or it would be found again and again
        raise


def _archive(root: Path, p: Fetch) -> Path:
    match p:
        case Fetch(source="kaggle", kaggle=str(handle)):
            return kaggle.download(handle, _home(root))
        case Fetch(source="archive", archive=Archive() as wanted):
            return _verified(root, wanted)
    raise ValueError(f"fetch.source = {p.source} has no archive")


def _verified(root: Path, wanted: Archive) -> Path:
    """The archive, where it is still the one that was pinned."""
    path = _fetched(root, wanted.at, wanted.sha256)
    if (sha256 := checksums.sha256(path)) != wanted.sha256:
        raise UserError(
            f"fetch.archive.at = {wanted.at!r} has the SHA-256 {sha256}, not fetch.archive.sha256 = {wanted.sha256}: it"
            " is another file, or damaged; `make data-update` pins it as it is"
        )
    return path


def _fetched(root: Path, at: str, sha256: str | None) -> Path:
    """The archive as a file; that of a URL is downloaded, but not where one with this SHA-256 was before."""
    if not at.lower().startswith(("https://", "http://")):
        path = environment.home(root) / at
        if not path.is_file():
            raise UserError(
                f"{at!r} is not a file: name a zip or tar file, by its path in the project or its URL"
            )
        return path
    known = _home(root) / f"{sha256}.archive"
    return known if known.is_file() else _downloaded(at, _home(root))


def _downloaded(url: str, home: Path) -> Path:
    """Under its SHA-256, once it is whole."""
    try:
        pooch.get_logger().setLevel("WARNING")
        loader = pooch.HTTPDownloader(progressbar=True, timeout=30)
        with tempfile.TemporaryDirectory(dir=home, prefix="part-") as beside:
            path = Path(pooch.retrieve(url, None, "archive", beside, downloader=loader))
            return path.replace(home / f"{checksums.sha256(path)}.archive")
    except requests.exceptions.ChunkedEncodingError:
        raise UserError(f"{url!r} broke off: run again") from None
    except requests.RequestException as error:
        answer = (
            f"answered {error.response.status_code}"
            if error.response is not None
            else "cannot be reached"
        )
        raise UserError(f"{url!r} {answer}: check the address and the network") from None
    except (ValueError, HTTPError):  # of a malformed address or answer
        raise UserError(f"{url!r} is no address that can be used: check it") from None


def _changes(old: str, new: str) -> list[str]:
    """The files that two versions on Kaggle do not have in common."""
    before, after = kaggle.files(old), kaggle.files(new)
    lines = [f"+ {name}, {size} bytes" for name, size in after.items() if name not in before]
    lines += [f"- {name}" for name in before if name not in after]
    lines += [
        f"~ {n}, {before[n]} → {after[n]} bytes"
        for n in before
        if n in after and before[n] != after[n]
    ]
    return lines
