"""Preparation of recordings: analysed, split by group, scaled and saved as a dataset."""

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from sonovae.arrays import Spectrogram
from sonovae.codec import saved_codec
from sonovae.dataset import (
    analysis,
    clips_table,
    left_out,
    saved_dataset,
    shared_storage,
    spectrogram_cache,
    split,
)
from sonovae.dataset.analysis import Task
from sonovae.dataset.shared_storage import Batches
from sonovae.dataset.spectrogram_cache import Entry
from sonovae.errors import UserError
from sonovae.params.preprocess import Preprocess
from sonovae.project import Project
from sonovae.recordings import recordings_table
from sonovae.runtime import checksums
from sonovae.runtime.progress import bar, progress

CACHE = "spectrograms"
"""Folder of the spectrogram cache in Project.private."""
FILE_MS = 1.0
"""Milliseconds that a file takes to analyse, apart from one for each second of its sound."""


def prepare(project: Project, settings: Preprocess, out: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Write a project's dataset to the folder `out`; return its recordings and clips tables."""
    # A bad limit is reported before the work, not after it.
    most = spectrogram_cache.most_bytes()
    hashes = checksums.verify(project.raw, "fetch")
    recordings = recordings_table.read(project.recordings)
    used = recordings_table.used(recordings)
    cache = project.private / CACHE
    where: dict[str, Any] = {
        "raw": project.raw,
        "cache": cache,
        "settings": settings,
    }

    tasks = analysis.tasks(used, hashes, settings)
    spread = functools.partial(shared_storage.spread, **where)
    entries = _analyse(tasks, used["seconds"], cache, spread)
    known = [entries[task.key].clips for task in tasks]
    recordings = _leave_out(out, recordings, used[[not len(clips) for clips in known]], settings)

    analyse = functools.partial(analysis.analyse, **where)
    values = functools.partial(analysis.values, tasks, entries, analyse=analyse)
    clips = _write(out, clips_table.build(used, known, settings.split), values, settings)
    spectrogram_cache.prune(cache, most)
    return recordings, clips


def _analyse(
    tasks: list[Task],
    seconds: "pd.Series[float]",
    cache: Path,
    spread: Callable[[list[tuple[Task, float]]], Batches],
) -> Mapping[str, Entry]:
    """Return each recording's entry by its key: from the cache, or made by all workers."""
    with bar(len(tasks), "preprocess", "recordings") as shown:
        entries = spectrogram_cache.read(cache, {task.key for task in tasks})
        shown.update(len(entries))
        n_clips = 0
        costs = zip(tasks, seconds + FILE_MS, strict=True)
        for batch, made in spread([pair for pair in costs if pair[0].key not in entries]):
            entries |= {task.key: entry for task, entry in zip(batch, made, strict=True)}
            n_clips += sum(len(entry.clips) for entry in made)
            shown.update(len(batch))
            rate = n_clips / max(shown.format_dict["elapsed"], 1e-3)
            shown.set_postfix_str(f"{rate:.0f} clips/s", refresh=False)
    return entries


def _leave_out(
    out: Path, recordings: pd.DataFrame, empty: pd.DataFrame, settings: Preprocess
) -> pd.DataFrame:
    """Write the left-out table; raise UserError if no recording makes a clip."""
    seconds = settings.waveform.clip_seconds if settings.waveform else 0.0
    reason = f"shorter than a clip, {seconds:g} s, once silences are cut"
    left_out.write(out, empty, reason)
    marked = left_out.mark(recordings, out)
    if not len(recordings_table.used(marked)):
        raise UserError(f"no recording makes a clip: {recordings_table.summary(marked)}")
    return marked


def _write(
    out: Path,
    table: pd.DataFrame,
    values: Callable[[Iterable[int]], Iterator[Spectrogram]],
    settings: Preprocess,
) -> pd.DataFrame:
    """Write the dataset and the codec; return the clips table with the split."""
    table = table.assign(split=split.sides(table, settings.split))
    table = table[split.within(table, settings.limit)]
    train = table[table["split"] == "train"]
    limits = train[["low", "high"]].to_numpy()
    # Values are read twice, to fit and to encode, as they may not fit into memory.
    codec = saved_codec.fit(settings, values(train.index), limits, train["gain"].to_numpy())
    pairs = zip(values(table.index), codec.clip_scales(table), strict=True)
    pictures = (
        codec.encode(spectrogram, scale)
        for spectrogram, scale in progress(pairs, "preprocess", "clips", len(table))
    )
    saved_dataset.save(out, pictures, table, settings.dtype)
    saved_codec.save(out, codec)
    return table
