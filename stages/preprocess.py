"""preprocess: data/raw → data/pictures: every recording's clips, or images, as pictures in [0, 1], split by group."""

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from sonovae import atomic, params
from sonovae.arrays import Spectrogram
from sonovae.codec import saved_codec
from sonovae.dataset import analysis, clips, saved_dataset, shared_storage, spectrogram_cache, split
from sonovae.dataset.analysis import Task
from sonovae.dataset.spectrogram_cache import Entry
from sonovae.errors import UserError
from sonovae.params.preprocess import Preprocess
from sonovae.project import Project
from sonovae.recordings import recordings_table
from sonovae.runtime import checksums, stage
from sonovae.runtime.progress import bar, progress

RAW, OUT, CACHE = "data/raw", "data/pictures", ".sonovae/spectrograms"
A_FILE = 1.0
"""Milliseconds that a file takes, and each second of its sound."""
Values = Callable[[Iterable[int]], Iterator[Spectrogram]]
"""Of some rows of the clips table, their values before they are scaled."""
Spread = Callable[[Sequence[tuple[Task, float]]], shared_storage.Batches]
"""The entries of recordings, with the milliseconds that each takes, made by all workers, batch by batch."""


def main(root: Path) -> None:
    """Recordings that are used → pictures, clips table and codec."""
    p, most = params.load(root / "params.yaml").preprocess, spectrogram_cache.most()
    hashes = checksums.verify(root / RAW, "fetch")
    table = recordings_table.read(root / RAW / "recordings.csv")
    used, cache = recordings_table.used(table), Project(root).home / CACHE
    tasks = analysis.tasks(used, hashes, p)
    where: dict[str, Any] = {"raw": root / RAW, "cache": cache, "p": p}
    analyse = functools.partial(analysis.analyse, **where)
    found = analysed(
        tasks, used["seconds"], cache, functools.partial(shared_storage.spread, analyse, **where)
    )
    places = [found[task.key].clips for task in tasks]
    leave_out(table, used.index[[not len(each) for each in places]], p)
    with atomic.folder(root / OUT) as out:
        values = functools.partial(analysis.values, tasks, found, analyse=analyse)
        made = write(out, clips.table(used, places, p.split), values, p)
        recordings_table.write(out / "recordings.csv", table)
        checksums.write(out)
    spectrogram_cache.prune(cache, most)
    sides = ", ".join(f"{n} {side}" for side, n in made["split"].value_counts().items())
    print(f"preprocess: {recordings_table.summary(table)}\npreprocess: {len(made)} clips: {sides}")


def leave_out(table: pd.DataFrame, rows: "pd.Index[int]", p: Preprocess) -> None:
    """Say of some rows of the recordings table that they make no clip; UserError where none is left."""
    if len(rows):
        reason = f"shorter than a clip, {p.waveform and p.waveform.clip_seconds:g} s, once silences are cut"
        table.loc[rows, ["status", "reason", "path"]] = recordings_table.LEFT_OUT, reason, ""
    if not len(recordings_table.used(table)):
        raise UserError(f"no recording makes a clip: {recordings_table.summary(table)}")


def analysed(
    tasks: list[Task], seconds: "pd.Series[float]", cache: Path, spread: Spread
) -> dict[str, Entry]:
    """Each recording's entry by its key: what the cache holds, and the rest by all workers."""
    with bar(len(tasks), "preprocess", "recordings") as shown:
        found, clips_made = spectrogram_cache.read(cache, {task.key for task in tasks}), 0
        shown.update(len(found))
        missing = [
            (task, cost + A_FILE)
            for task, cost in zip(tasks, seconds, strict=True)
            if task.key not in found
        ]
        for batch, entries in spread(missing):
            found |= {task.key: entry for task, entry in zip(batch, entries, strict=True)}
            shown.update(len(batch))
            clips_made += sum(len(entry.clips) for entry in entries)
            shown.set_postfix_str(
                f"{clips_made / max(shown.format_dict['elapsed'], 1e-3):.0f} clips/s", refresh=False
            )
    return found


def write(out: Path, table: pd.DataFrame, values: Values, p: Preprocess) -> pd.DataFrame:
    """Pictures in [0, 1] by limits fitted on the training split, the clips table, which is returned, and the codec."""
    table = table.assign(split=split.sides(table, p.split))
    table = table[split.within(table, p.limit)]
    train = table[table["split"] == "train"]
    fitted = saved_codec.fit(
        p, values(train.index), train[["low", "high"]].to_numpy(), train["gain"].to_numpy()
    )
    scaled = zip(values(table.index), fitted.clip_scales(table), strict=True)
    shown = progress(scaled, "preprocess", "clips", len(table))
    saved_dataset.save(out, (fitted.encode(*pair) for pair in shown), table, p.dtype)
    saved_codec.save(out, fitted)
    return table


if __name__ == "__main__":
    stage.run(main, OUT)
