"""Analysis by workers of a cluster that share no folder with the stage, only a storage.

SONOVAE_STORAGE is any URL that fsspec reads. Recordings lie in `raw` there, named by their hashes,
and stay for the next run. Packs pass through `spectrograms`, where each run has a folder of its
own, as two runs may make the same packs at once.
"""

import contextlib
import dataclasses
import functools
import os
import platform
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sonovae import atomic
from sonovae.dataset import analysis
from sonovae.dataset.analysis import Task
from sonovae.dataset.spectrogram_cache import Entry
from sonovae.errors import UserError
from sonovae.params.preprocess import Preprocess
from sonovae.runtime import checksums, workers

Batches = Iterator[tuple[Sequence[Task], list[Entry]]]
"""Batches of tasks with their entries, in order."""
LONGER = 10
"""Factor by which batches are longer than without a storage, as each costs some requests."""


def spread(
    tasks: Sequence[tuple[Task, float]], raw: Path, cache: Path, settings: Preprocess
) -> Batches:
    """Analyse tasks, each with its milliseconds, by all workers, or through the storage."""
    url = os.environ.get("SONOVAE_STORAGE", "")
    if not (tasks and url and os.environ.get("SONOVAE_SCHEDULER")):
        here = functools.partial(analysis.analyse, raw=raw, cache=cache, settings=settings)
        yield from workers.spread(here, tasks)
        return
    send(url, raw, [task for task, _ in tasks])
    passing = f"spectrograms/{uuid.uuid4().hex}"
    away = functools.partial(analyse_away, url=url, passing=passing, settings=settings)
    try:
        for batch, (entries, name) in workers.spread(away, tasks, LONGER):
            yield batch, _fetch(url, name, entries, cache)
    finally:
        # What is left is of a worker that died, or of a batch that nobody waits for any more.
        _forget(url, passing)


def send(url: str, raw: Path, tasks: Sequence[Task]) -> None:
    """Put the recordings of these tasks into the storage, except those that are there whole."""
    names = _names(tasks)
    with _storage(url) as (fs, root):
        stored = fs.find(f"{root}/raw", detail=True)
        sizes = {path.removeprefix(f"{root}/raw/"): info["size"] for path, info in stored.items()}
        new = [name for name in names if sizes.get(name) != (raw / name).stat().st_size]
        fs.put([str(raw / name) for name in new], [f"{root}/raw/{name}" for name in new])


def analyse_away(
    batch: Sequence[Task], url: str, passing: str, settings: Preprocess
) -> tuple[list[Entry], str]:
    """Analyse recordings of the storage; return the entries and the path of their pack in it."""
    names = _names(batch)
    with tempfile.TemporaryDirectory(prefix="sonovae-") as folder:
        raw = Path(folder) / "raw"
        with _storage(url) as (fs, root):
            fs.get(
                [f"{root}/raw/{name}" for name in names],
                [str(raw / name) for name in names],
            )
        _check(url, raw, names)
        entries = analysis.analyse(batch, raw, Path(folder) / "packs", settings)
        # A new name each time, as a scheduler may give a batch to two workers.
        name = f"{passing}/{uuid.uuid4().hex}"
        with _storage(url) as (fs, root):
            fs.put([str(entries[0].pack)], [f"{root}/{name}"])
    return entries, name


def _check(url: str, raw: Path, names: list[str]) -> None:
    """Raise UserError for a file that its name does not match, whose clips would be kept."""
    for name in names:
        if checksums.sha256(raw / name) != Path(name).stem:
            raise UserError(
                f"{url}/raw/{name} is damaged: delete it, and the next run puts it there again"
            )


def _fetch(url: str, name: str, entries: list[Entry], cache: Path) -> list[Entry]:
    """Move the entries' pack from the storage to the cache."""
    pack = cache / entries[0].pack.name
    with atomic.file(pack) as part, _storage(url) as (fs, root):
        fs.get([f"{root}/{name}"], [str(part)])
        fs.rm_file(f"{root}/{name}")
    return [dataclasses.replace(entry, pack=pack) for entry in entries]


def _forget(url: str, folder: str) -> None:
    with contextlib.suppress(UserError), _storage(url) as (fs, root):
        fs.rm(f"{root}/{folder}", recursive=True)


def _names(tasks: Sequence[Task]) -> list[str]:
    names = [name for task in tasks for name in analysis.files(task.recording) if name]
    return list(dict.fromkeys(names))


@contextlib.contextmanager
def _storage(url: str) -> Iterator[tuple[Any, str]]:
    """Yield fsspec's file system and the path in it; raise UserError for whatever fails there."""
    # Only a cluster needs it, and importing it takes time.
    import fsspec

    try:
        if "://" not in url:
            raise ValueError("no protocol")
        fs, root = fsspec.url_to_fs(url)
        if hasattr(fs, "auto_mkdir"):
            fs.auto_mkdir = True  # of a disk's folders; a bucket is not made
        fs.invalidate_cache()  # others write there too
        yield fs, root.rstrip("/")
    except Exception as error:  # drivers have no class of errors in common
        reason = (str(error).splitlines() or [""])[0]
        raise UserError(
            f"SONOVAE_STORAGE = {url} cannot be used on {platform.node()}:"
            f" {type(error).__name__}: {reason}; it must be a URL that fsspec reads, such as"
            " s3://bucket/folder, with its driver (s3fs for S3) and its login on each machine"
        ) from None
