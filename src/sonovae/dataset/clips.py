"""What a recording's file holds for the model: equal clips of its sound, or its images."""

import contextlib
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sonovae.arrays import Item, Samples
from sonovae.codec import image_files, silence, sound_files, waveform
from sonovae.codec.waveform import Track
from sonovae.dataset.cuts import Cuts
from sonovae.dataset.tape import Tape
from sonovae.errors import Unreadable, UserError
from sonovae.params.preprocess import Split, Waveform
from sonovae.recordings import schema


@dataclass(frozen=True)
class Clips:
    """Equal clips [n] of one recording, which are read when they are asked for, or images; their places in the file:
    the image's number, start in samples of what the silences left, and in seconds of the file; the gain that levelled
    them; labels, where each has one."""

    items: Sequence[Item]
    number: list[int]
    start: list[int]
    source_start: list[float]
    gain: float = 1.0
    labels: list[str] = field(default_factory=list)

    def item(self, number: int, start: int) -> Item:
        """The one at this place."""
        return self.items[list(zip(self.number, self.start, strict=True)).index((number, start))]


def read(raw: Path, recording: Mapping[Hashable, Any], p: Waveform | None) -> Clips:
    """The clips of a row of the recordings table, whose files lie in `raw`; without waveform parameters, its images."""
    with _named(recording):
        labels = (
            image_files.read_labels(raw / recording["labels"]) if recording.get("labels") else []
        )
        return of_file(raw / recording["path"], p, labels)


def read_all(
    raw: Path, recordings: Sequence[Mapping[Hashable, Any]], p: Waveform | None
) -> Iterator[Clips]:
    """The same of several rows, one after the other; recordings of one block are resampled together."""
    short = dict(_short(raw, recordings, p)) if p else {}
    for n, recording in enumerate(recordings):
        yield (
            _cut(*waveform.level(short[n], p.peak_dbfs), p)
            if p and n in short
            else read(raw, recording, p)
        )


def _short(
    raw: Path, recordings: Sequence[Mapping[Hashable, Any]], p: Waveform
) -> Iterator[tuple[int, Samples]]:
    """The numbers of those that are one block, and their samples at the rate of the parameters."""
    by_rate = defaultdict[int, dict[int, Samples]](dict)
    for n, recording in enumerate(recordings):
        if recording["seconds"] * recording["sample_rate"] <= sound_files.BLOCK:
            with _named(recording):
                samples, sample_rate = sound_files.read(raw / recording["path"])
            by_rate[sample_rate][n] = samples
    for sample_rate, some in by_rate.items():
        yield from zip(
            some,
            waveform.resample_together(list(some.values()), sample_rate, p.sample_rate),
            strict=True,
        )


@contextlib.contextmanager
def _named(recording: Mapping[Hashable, Any]) -> Iterator[None]:
    try:
        yield
    except Unreadable as error:
        raise UserError(f"{recording['name']!r} cannot be used: {error}") from None


def of_file(path: Path, p: Waveform | None, labels: Sequence[str] = ()) -> Clips:
    """The clips of a file or, without waveform parameters, its images, with their labels; Unreadable where there is
    nothing to be read."""
    if not p:
        return image_to_clips(image_files.read(path), list(labels))
    with sound_files.streamed(path) as (blocks, sample_rate):
        return recording_to_clips(blocks, sample_rate, p)


def image_to_clips(images: list[Item], labels: list[str]) -> Clips:
    """The images of a file, of as many labels or none."""
    if labels and len(labels) != len(images):
        raise Unreadable(f"it holds {len(images)} images, and its file of labels {len(labels)}")
    n = len(images)
    return Clips(images, list(range(n)), [0] * n, [0.0] * n, labels=labels)


def recording_to_clips(blocks: Iterable[Samples], sample_rate: int, p: Waveform) -> Clips:
    """A recording's samples at its own rate, block by block → level, silences cut, equal clips."""
    tape = Tape(waveform.resample_blocks(blocks, sample_rate, p.sample_rate))
    tape.gain = waveform.gain_to(tape.peak, p.peak_dbfs)
    return _cut(tape, tape.gain, p)


def _cut(track: Track, gain: float, p: Waveform) -> Clips:
    """A recording that this gain has levelled → silences cut, equal clips."""
    kept = [(0, len(track))]
    if p.silence:
        kept = silence.nonsilent(
            track, p.sample_rate, p.silence.min_seconds, p.silence.threshold_dbfs
        )
    cuts = Cuts(track, kept, p.clip_length, p.rest, p.max_clips, p.fade_length)
    start = [i * p.clip_length for i in range(len(cuts))]
    return Clips(
        cuts, [0] * len(cuts), start, [cuts.source(at) / p.sample_rate for at in start], gain
    )


def table(recordings: pd.DataFrame, places: list[NDArray[np.void]], p: Split) -> pd.DataFrame:
    """A row for each clip: all that its row of the recordings table says, of which `places` has an array each, and
    all that the clip's record says; its label only where it says one. The group is the recording's, or that of a part
    of it."""
    whose = np.repeat(np.arange(len(recordings)), [len(each) for each in places])
    own = pd.DataFrame(
        {
            name: np.concatenate([each[name] for each in places])
            for name in (*schema.CLIP_FIELDS, "label")
        }
    )
    same = recordings.drop(
        columns=["path", "labels", "status", "reason", "warning"], errors="ignore"
    )
    found = same.iloc[whose].reset_index(drop=True)
    own["label"] = own["label"].where(own["label"] != "", found["label"])
    found[own.columns] = own
    return found.assign(group=_groups(found, p))


def _groups(table: pd.DataFrame, p: Split) -> "pd.Series[str]":
    """The recording's, or that of a part of it: a stretch of a sound, or an image of a file that holds many."""
    if p.block_seconds:
        return (
            table["group"]
            + "@"
            + (table["source_start"] // p.block_seconds).astype(int).astype(str)
        )
    holds_many = (
        table.groupby("name")["item"].transform("max") > 0
    )  # clips of a sound all have the number 0
    return table["group"].mask(
        holds_many & (table["group"] == table["name"]),
        table["group"] + "#" + table["item"].astype(str),
    )
