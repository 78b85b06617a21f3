"""Clips of a recording: equal stretches of its sound, or the images in its file."""

import contextlib
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sonovae.arrays import Item, Samples
from sonovae.codec import image_files, silence, sound_files, waveform
from sonovae.codec.waveform import Track
from sonovae.dataset.cuts import Cuts
from sonovae.dataset.tape import Tape
from sonovae.errors import Unreadable, UserError
from sonovae.params.preprocess import Waveform

Recording = Mapping[Hashable, Any]
"""A row of the recordings table."""


class Clip(NamedTuple):
    """Place, gain and limits of a clip, in the order of schema.CLIP_FIELDS, and its label."""

    item: int  # number of the image in its file; 0 for a sound
    start: int  # first sample, once silences are cut
    source_start: float  # seconds from the beginning of the recording
    gain: float  # factor that levelled the recording
    low: float = np.nan  # until the clip is analysed
    high: float = np.nan
    label: str = ""  # empty if it has the recording's


@dataclass(frozen=True)
class Clips:
    """Clips of one recording: items, read on demand, and what is known of each."""

    items: Sequence[Item]
    known: list[Clip]

    @property
    def gain(self) -> float:
        """Factor that levelled the recording, which must have a clip."""
        return self.known[0].gain

    def item(self, number: int, start: int) -> Item:
        """Read the samples [n], or the image [rows, columns], with this number and start."""
        return self.items[[(clip.item, clip.start) for clip in self.known].index((number, start))]


def read(raw: Path, recording: Recording, settings: Waveform | None) -> Clips:
    """Read the clips of a recording in the folder `raw`; without settings, its images."""
    with _naming(recording):
        labels = []
        if recording.get("labels"):
            labels = image_files.read_labels(raw / recording["labels"])
        return of_file(raw / recording["path"], settings, labels)


def read_all(
    raw: Path, recordings: Sequence[Recording], settings: Waveform | None
) -> Iterator[Clips]:
    """Read the clips of several recordings, one after the other, as `read` does of each.

    There are two ways, which give the same bits: many short recordings resample faster together,
    and long ones are streamed, as they may not fit into memory.
    """
    short = dict(_short(raw, recordings, settings)) if settings else {}
    for row, recording in enumerate(recordings):
        if settings and row in short:
            yield _cut(*waveform.level(short[row], settings.peak_dbfs), settings)
        else:
            yield read(raw, recording, settings)


def _short(
    raw: Path, recordings: Sequence[Recording], settings: Waveform
) -> Iterator[tuple[int, Samples]]:
    """Yield row numbers and resampled samples of the recordings that fit into one block."""
    by_rate = defaultdict[int, dict[int, Samples]](dict)
    for row, recording in enumerate(recordings):
        # The table rounds seconds: near the limit either way may be chosen.
        if recording["seconds"] * recording["sample_rate"] <= sound_files.BLOCK:
            with _naming(recording):
                samples, sample_rate = sound_files.read(raw / recording["path"])
            by_rate[sample_rate][row] = samples
    for sample_rate, by_row in by_rate.items():
        samples_together = list(by_row.values())
        resampled = waveform.resample_together(samples_together, sample_rate, settings.sample_rate)
        yield from zip(by_row, resampled, strict=True)


@contextlib.contextmanager
def _naming(recording: Recording) -> Iterator[None]:
    try:
        yield
    except Unreadable as error:
        raise UserError(f"{recording['name']!r} cannot be used: {error}") from None


def of_file(path: Path, settings: Waveform | None, labels: Sequence[str] = ()) -> Clips:
    """Read a file's clips or, without settings, its images; raise Unreadable if that fails."""
    if not settings:
        return image_to_clips(image_files.read(path), labels)
    with sound_files.streamed(path) as (blocks, sample_rate):
        return recording_to_clips(blocks, sample_rate, settings)


def image_to_clips(images: list[Item], labels: Sequence[str]) -> Clips:
    """Return the images [rows, columns] of a file with their labels, if it has any."""
    if labels and len(labels) != len(images):
        raise Unreadable(f"it holds {len(images)} images, and its file of labels {len(labels)}")
    known = [
        Clip(item=n, start=0, source_start=0.0, gain=1.0, label=label)
        for n, label in enumerate(labels or [""] * len(images))
    ]
    return Clips(images, known)


def recording_to_clips(blocks: Iterable[Samples], sample_rate: int, settings: Waveform) -> Clips:
    """Resample, level and cut the samples [n] of a recording, which come block by block."""
    tape = Tape(waveform.resample_blocks(blocks, sample_rate, settings.sample_rate))
    # The peak is known only at the end, so the gain applies when samples are read again.
    tape.gain = waveform.gain_to(tape.peak, settings.peak_dbfs)
    return _cut(tape, tape.gain, settings)


def _cut(track: Track, gain: float, settings: Waveform) -> Clips:
    rate = settings.sample_rate
    kept = [(0, len(track))]
    if settings.silence:
        limits = settings.silence
        kept = silence.nonsilent(track, rate, limits.min_seconds, limits.threshold_dbfs)
    cuts = Cuts(
        track,
        kept,
        settings.clip_length,
        rest=settings.rest,
        most=settings.max_clips,
        fade=settings.fade_length,
    )
    starts = [n * settings.clip_length for n in range(len(cuts))]
    return Clips(cuts, [Clip(0, start, cuts.source(start) / rate, gain) for start in starts])
