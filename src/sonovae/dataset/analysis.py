"""Recordings → their clips' values before they are scaled. What a pack holds is not worked out again: an entry's key is
the hash of all that it is made of, so that none is ever stale, and any may be deleted at any time."""

import functools
import hashlib
import importlib
import importlib.metadata
import json
import platform
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sonovae import params
from sonovae.arrays import Spectrogram
from sonovae.codec import picture, saved_codec
from sonovae.dataset import clips, spectrogram_cache
from sonovae.dataset.clips import Clips
from sonovae.dataset.spectrogram_cache import Entry
from sonovae.errors import UserError
from sonovae.params.preprocess import Preprocess

CODE = ("codec", "dataset", "params/preprocess.py")
"""Folders and files of the package whose code makes what a pack holds."""
LIBRARIES = ("librosa", "numpy", "pillow", "scipy", "soundfile", "soxr")
COLUMNS = ("path", "labels", "name", "seconds", "sample_rate")
"""Of the recordings table, that a worker needs."""


@dataclass(frozen=True)
class Task:
    """A recording to be analysed: its row of the recordings table, its key, and the hash of the code in that."""

    recording: Mapping[Hashable, Any]
    key: str
    code: str


Analyse = Callable[[Sequence[Task]], list[Entry]]
"""The entries of some recordings, made."""


def tasks(recordings: pd.DataFrame, hashes: Mapping[str, str], p: Preprocess) -> list[Task]:
    """One for each row of the recordings table, whose files have these hashes by their paths."""
    rows = recordings[[name for name in COLUMNS if name in recordings]].to_dict("records")
    same = json.dumps([_code(), _that_matter(p)])
    keys = [
        _hash(json.dumps([same, [(path, hashes.get(path)) for path in files(row)]])) for row in rows
    ]
    return [Task(row, key, _code()) for row, key in zip(rows, keys, strict=True)]


def analyse(some: Sequence[Task], raw: Path, cache: Path, p: Preprocess) -> list[Entry]:
    """A pack of recordings whose files lie in `raw`. UserError where one cannot be read, or this is a worker that runs
    other code than who gave the tasks."""
    if any(task.code != _code() for task in some):
        said = f"the worker on {platform.node()} runs another sonovae, or other libraries, than this project"
        raise UserError(f"{said}: install the same versions there, and start it again")
    found = clips.read_all(raw, [task.recording for task in some], p.waveform)
    return spectrogram_cache.write(
        cache, [task.key for task in some], (_values(each, p) for each in found)
    )


def values(
    tasks: list[Task], found: Mapping[str, Entry], rows: Iterable[int], analyse: Analyse
) -> Iterator[Spectrogram]:
    """[bins, frames] of some clips of all recordings, one after the other; `rows` must rise. What was deleted meanwhile
    is made again."""
    return spectrogram_cache.values(_places(tasks, found, np.fromiter(rows, np.int64), analyse))


def _places(
    tasks: list[Task], found: Mapping[str, Entry], wanted: NDArray[np.int64], analyse: Analyse
) -> Iterator[tuple[Entry, NDArray[np.int64]]]:
    """Each entry of which clips are wanted, and their numbers in it."""
    begin = 0
    for task in tasks:
        entry = found[task.key]
        end = begin + len(entry.clips)
        first, last = np.searchsorted(wanted, [begin, end])
        if last > first:
            there = entry if entry.pack.exists() else analyse([task])[0]
            yield there, wanted[first:last] - begin
        begin = end


def files(recording: Mapping[Hashable, Any]) -> list[str]:
    """A recording's own file, and that of its labels."""
    return [str(recording.get(name, "")) for name in ("path", "labels")]


def _values(found: Clips, p: Preprocess) -> Iterator[tuple[dict[str, Any], Spectrogram]]:
    """Each clip's place and limits, and its values."""
    analyse = saved_codec.analysis(p)
    labels = found.labels or [""] * len(found.items)
    for n, item in enumerate(found.items):
        values = analyse(item)
        low, high = picture.limits(values, p.dynamic_range)
        place = {
            "item": found.number[n],
            "start": found.start[n],
            "source_start": found.source_start[n],
        }
        yield place | {"gain": found.gain, "low": low, "high": high, "label": labels[n]}, values


def _that_matter(p: Preprocess) -> dict[str, Any]:
    """The parameters that decide what an entry holds; how it is scaled, resized and split is not among them."""
    chosen = {
        name: params.plain(each)
        for name in ("waveform", "spectrogram")
        if (each := getattr(p, name))
    }
    return chosen | {"bins": p.picture.bins, "frames": p.picture.frames}


@functools.cache
def _code() -> str:
    """One hash of the code that makes an entry, and of its libraries' versions."""
    package = Path(__file__).parents[1]
    files = sorted(
        file for name in CODE for file in ((package / name).rglob("*.py") or [package / name])
    )
    versions = [importlib.metadata.version(name) for name in LIBRARIES]
    return _hash(json.dumps([versions, *(file.read_text(encoding="utf-8") for file in files)]))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
