"""Analysis of recordings to their clips' values, before those are scaled.

What the spectrogram cache holds is not computed again. An entry's key is the hash of all that the
entry is made of, so that none is ever stale, and any may be deleted at any time.
"""

import functools
import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sonovae import params
from sonovae.arrays import Indices, Spectrogram
from sonovae.codec import picture, saved_codec
from sonovae.dataset import clips, spectrogram_cache
from sonovae.dataset.clips import Clip, Clips, Recording
from sonovae.dataset.spectrogram_cache import Entry
from sonovae.errors import UserError
from sonovae.params.preprocess import Preprocess

CODE = ("codec", "dataset", "params/preprocess.py")
"""Folders and files of the package whose code decides what an entry holds."""
LIBRARIES = ("librosa", "numpy", "pillow", "scipy", "soundfile", "soxr")
"""Libraries whose versions may decide it too."""
COLUMNS = ("path", "labels", "name", "seconds", "sample_rate")
"""Columns of the recordings table that a worker needs."""


@dataclass(frozen=True)
class Task:
    """A recording to be analysed, its key, and the hash of the code that the key holds."""

    recording: Recording
    key: str
    code: str


Analyse = Callable[[Sequence[Task]], list[Entry]]
"""Analyse some recordings to an entry each."""


def tasks(recordings: pd.DataFrame, hashes: Mapping[str, str], settings: Preprocess) -> list[Task]:
    """Return a task for each row of the recordings table; `hashes` are its files' by path."""
    columns = [name for name in COLUMNS if name in recordings]
    rows = recordings[columns].to_dict("records")
    code = _code()
    shared = [code, _settings_used(settings)]
    tasks_of_rows = []
    for row in rows:
        # By content: a file may be replaced under its name.
        contents = [(path, hashes.get(path)) for path in files(row)]
        tasks_of_rows.append(Task(row, _hash(json.dumps([*shared, contents])), code))
    return tasks_of_rows


def files(recording: Recording) -> list[str]:
    """Return the paths in data/raw of a recording and its labels; empty text for none."""
    return [str(recording.get(name, "")) for name in ("path", "labels")]


def analyse(batch: Sequence[Task], raw: Path, cache: Path, settings: Preprocess) -> list[Entry]:
    """Analyse recordings in the folder `raw` to a pack in the folder `cache`."""
    # A worker on another machine may be older than the stage.
    if any(task.code != _code() for task in batch):
        raise UserError(
            f"the worker on {platform.node()} runs another sonovae, or other libraries, than this"
            " project: install the same versions there, and start it again"
        )
    recordings = clips.read_all(raw, [task.recording for task in batch], settings.waveform)
    analysed = (_analyse_clips(recording, settings) for recording in recordings)
    return spectrogram_cache.write(cache, [task.key for task in batch], analysed)


def _analyse_clips(recording: Clips, settings: Preprocess) -> Iterator[tuple[Clip, Spectrogram]]:
    to_spectrogram = saved_codec.analysis(settings)
    for item, clip in zip(recording.items, recording.known, strict=True):
        values = to_spectrogram(item)
        low, high = picture.limits(values, settings.dynamic_range)
        yield clip._replace(low=low, high=high), values


def values(
    tasks: list[Task],
    entries: Mapping[str, Entry],
    rows: Iterable[int],
    analyse: Analyse,
) -> Iterator[Spectrogram]:
    """Read the values [bins, frames] of rows of the clips table, which must rise."""
    return spectrogram_cache.values(_places(tasks, entries, np.fromiter(rows, np.int64), analyse))


def _places(
    tasks: list[Task], entries: Mapping[str, Entry], rows: Indices, analyse: Analyse
) -> Iterator[tuple[Entry, Indices]]:
    """Yield each entry of which clips are wanted, with their numbers in it."""
    begin = 0
    for task in tasks:
        entry = entries[task.key]
        end = begin + len(entry.clips)
        first, last = np.searchsorted(rows, [begin, end])
        if last > first:
            # Another stage may have pruned the cache meanwhile.
            if not entry.pack.exists():
                (entry,) = analyse([task])
            yield entry, rows[first:last] - begin
        begin = end


def _settings_used(settings: Preprocess) -> dict[str, Any]:
    """Return the parameters that decide what an entry holds; scale, size and split do not."""
    kept = {"bins": settings.picture.bins, "frames": settings.picture.frames}
    sections = {"waveform": settings.waveform, "spectrogram": settings.spectrogram}
    return kept | {name: params.plain(section) for name, section in sections.items() if section}


@functools.cache
def _code() -> str:
    """Return one hash of the code that makes an entry, and of its libraries' versions."""
    package = Path(__file__).parents[1]
    paths = [path for name in CODE for path in (package / name, *(package / name).rglob("*"))]
    # Bytecode, numba's too, depends on the machine and not only on the code.
    sources = sorted(p for p in paths if p.is_file() and p.parent.name != "__pycache__")
    versions = [importlib.metadata.version(name) for name in LIBRARIES]
    return _hash(json.dumps([versions, *(path.read_text(encoding="utf-8") for path in sources)]))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
