"""What a recording's file holds for the model: equal clips of its sound, or its images."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sonovae import image, sound, waveform
from sonovae.errors import Unreadable, UserError
from sonovae.params.preprocess import Split, Waveform
from sonovae.waveform import Samples

Item = NDArray[np.float32]
"""Samples of a clip [n], or an image [rows, columns] in [0, 1]."""


@dataclass(frozen=True)
class Clips:
    """Equal clips [n] of one recording, or images; their places in the file: the image's number, start in samples of
    what the silences left, and in seconds of the file; the gain that levelled them; labels, where each has one."""

    items: list[Item]
    number: list[int]
    start: list[int]
    source_start: list[float]
    gain: float = 1.0
    labels: list[str] = field(default_factory=list)

    def item(self, number: int, start: int) -> Item:
        """The one at this place."""
        return self.items[list(zip(self.number, self.start, strict=True)).index((number, start))]


def read(raw: Path, recording: "pd.Series[Any]", p: Waveform | None) -> Clips:
    """The clips of a row of the recordings table, whose files lie in `raw`; without waveform parameters, its images."""
    try:
        labels = image.read_labels(raw / recording["labels"]) if recording.get("labels") else []
        return of_file(raw / recording["path"], p, labels)
    except Unreadable as error:
        raise UserError(f"{recording['name']!r} cannot be used: {error}") from None


def of_file(path: Path, p: Waveform | None, labels: Sequence[str] = ()) -> Clips:
    """The clips of a file or, without waveform parameters, its images, with their labels; Unreadable where there is
    nothing to be read."""
    return recording_to_clips(*sound.read(path), p) if p else image_to_clips(image.read(path), list(labels))


def image_to_clips(images: list[Item], labels: list[str]) -> Clips:
    """The images of a file, of as many labels or none."""
    if labels and len(labels) != len(images):
        raise Unreadable(f"it holds {len(images)} images, and its file of labels {len(labels)}")
    n = len(images)
    return Clips(images, list(range(n)), [0] * n, [0.0] * n, labels=labels)


def recording_to_clips(samples: Samples, sample_rate: int, p: Waveform) -> Clips:
    """A recording's samples at its own rate → level, silences cut, equal clips."""
    resampled = waveform.resample(samples, sample_rate, p.sample_rate)
    levelled, gain = waveform.level(resampled, p.peak_dbfs)
    kept = [(0, len(levelled))]
    if p.silence:
        kept = waveform.nonsilent(levelled, p.sample_rate, p.silence.min_seconds, p.silence.threshold_dbfs)
    sounding = np.concatenate([levelled[:0], *(levelled[a:b] for a, b in kept)])
    clips = list(waveform.cut(sounding, p.clip_length, p.rest)[: p.max_clips])
    start = [i * p.clip_length for i in range(len(clips))]
    return Clips(clips, [0] * len(clips), start, [_source(at, kept) / p.sample_rate for at in start], gain)


def _source(at: int, kept: list[tuple[int, int]]) -> int:
    """Where a sample stood before the silences were cut."""
    for a, b in kept:
        if at < b - a:
            return a + at
        at -= b - a
    raise IndexError(at)


def rows(recording: "pd.Series[Any]", clips: Clips, p: Split) -> list[dict[str, Any]]:
    """The clips table's rows of one recording, with all that its row of the recordings table says of it."""
    same = {
        str(key): value
        for key, value in recording.items()
        if key not in ("path", "labels", "status", "reason", "warning")
    }
    return [same | _row(recording, clips, n, p) for n in range(len(clips.items))]


def _row(recording: "pd.Series[Any]", clips: Clips, n: int, p: Split) -> dict[str, Any]:
    """What is the n-th clip's own."""
    place = {"item": clips.number[n], "start": clips.start[n], "source_start": clips.source_start[n]}
    label = {"label": clips.labels[n]} if clips.labels else {}
    return place | label | {"gain": clips.gain, "group": _group(recording, clips, n, p)}


def _group(recording: "pd.Series[Any]", clips: Clips, n: int, p: Split) -> str:
    """The recording's, or that of a part of it: a stretch of a sound, or an image of a file that holds many."""
    group = str(recording["group"])
    if p.block_seconds:
        return f"{group}@{int(clips.source_start[n] / p.block_seconds)}"
    holds_many = clips.number[-1] > 0  # clips of a sound all have the number 0
    return f"{group}#{clips.number[n]}" if holds_many and group == recording["name"] else group
