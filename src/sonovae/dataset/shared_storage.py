"""Analysis by the workers of a cluster that share no folder: SONOVAE_STORAGE, any URL that fsspec reads, lies between.

Recordings are under `raw` there, named by what they hold, and stay for the next time; packs pass through
`spectrograms`, where each run has a folder of its own, as two may be making the same."""

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

from sonovae.dataset import analysis
from sonovae.dataset.analysis import Analyse, Task
from sonovae.dataset.spectrogram_cache import Entry
from sonovae.errors import UserError
from sonovae.params.preprocess import Preprocess
from sonovae.runtime import checksums, workers

Batches = Iterator[tuple[Sequence[Task], list[Entry]]]
LONGER = 10
"""Batches are so many times as long as without a storage, as each costs some requests, and the stage's come in turn."""


def spread(
    analyse: Analyse, items: Sequence[tuple[Task, float]], raw: Path, cache: Path, p: Preprocess
) -> Batches:
    """`workers.spread` of `analyse`, or of the same by way of the storage where a cluster's workers have nothing else
    in common."""
    url = os.environ.get("SONOVAE_STORAGE", "")
    if not (items and url and os.environ.get("SONOVAE_SCHEDULER")):
        yield from workers.spread(analyse, items)
        return
    send(url, raw, [task for task, _ in items])
    passing = f"spectrograms/{uuid.uuid4().hex}"
    away = functools.partial(analyse_away, url=url, passing=passing, p=p)
    try:
        for batch, (entries, name) in workers.spread(away, items, LONGER):
            yield batch, _fetch(url, name, entries, cache)
    finally:
        _forget(url, passing)  # of a worker that died, or of a batch that was not waited for


def send(url: str, raw: Path, tasks: Sequence[Task]) -> None:
    """Put the recordings' files there that are not there yet, whole."""
    names = _names(tasks)
    with _storage(url) as (fs, root):
        there = {path: info["size"] for path, info in fs.find(f"{root}/raw", detail=True).items()}
        new = [
            name for name in names if there.get(f"{root}/raw/{name}") != (raw / name).stat().st_size
        ]
        fs.put([str(raw / name) for name in new], [f"{root}/raw/{name}" for name in new])


def analyse_away(
    some: Sequence[Task], url: str, passing: str, p: Preprocess
) -> tuple[list[Entry], str]:
    """`analysis.analyse` with the recordings of the storage: the entries, and where under it their pack lies now."""
    with tempfile.TemporaryDirectory(prefix="sonovae-") as folder:
        raw, names = Path(folder) / "raw", _names(some)
        with _storage(url) as (fs, root):
            fs.get([f"{root}/raw/{name}" for name in names], [str(raw / name) for name in names])
        _check(url, raw, names)
        entries = analysis.analyse(some, raw, Path(folder) / "packs", p)
        name = f"{passing}/{uuid.uuid4().hex}"  # its own, as a scheduler may give a batch to two workers
        with _storage(url) as (fs, root):
            fs.put([str(entries[0].pack)], [f"{root}/{name}"])
    return entries, name


def _check(url: str, raw: Path, names: list[str]) -> None:
    """A file that is not what its name says would be analysed, and its clips kept, as another."""
    for name in names:
        if checksums.sha256(raw / name) != Path(name).stem:
            raise UserError(
                f"{url}/raw/{name} is damaged: delete it, and the next run puts it there anew"
            )


def _fetch(url: str, name: str, entries: list[Entry], cache: Path) -> list[Entry]:
    """The entries with their pack in the cache, and no longer in the storage."""
    pack = cache / entries[0].pack.name
    part = pack.with_suffix(f".{os.getpid()}.part")
    cache.mkdir(parents=True, exist_ok=True)
    with _storage(url) as (fs, root):
        fs.get([f"{root}/{name}"], [str(part)])
        fs.rm_file(f"{root}/{name}")
    part.replace(pack)
    return [dataclasses.replace(entry, pack=pack) for entry in entries]


def _forget(url: str, folder: str) -> None:
    with contextlib.suppress(UserError), _storage(url) as (fs, root):
        fs.rm(f"{root}/{folder}", recursive=True)


def _names(tasks: Sequence[Task]) -> list[str]:
    """The tasks' files, each once."""
    return list(
        dict.fromkeys(name for task in tasks for name in analysis.files(task.recording) if name)
    )


@contextlib.contextmanager
def _storage(url: str) -> Iterator[tuple[Any, str]]:
    """fsspec's file system and the path in it, whatever fails there as one line."""
    import fsspec

    try:
        if "://" not in url:
            raise ValueError("no protocol")
        fs, root = fsspec.url_to_fs(url)
        if hasattr(fs, "auto_mkdir"):  # a disk's; a bucket's would make the bucket
            fs.auto_mkdir = True
        fs.invalidate_cache()  # others write there too
        yield fs, root.rstrip("/")
    except Exception as error:  # each driver has its own, that have nothing in common
        said = (str(error).splitlines() or [""])[0]
        raise UserError(
            f"SONOVAE_STORAGE = {url} cannot be used on {platform.node()}: {type(error).__name__}: {said}; it must be a"
            " URL that fsspec reads, as s3://bucket/folder, with its driver (s3fs for S3) and its login on each machine"
        ) from None
