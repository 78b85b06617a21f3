"""Recordings that were never in the dataset, of a speaker whom the model has not met, say, and how near it comes."""

import itertools
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from sonovae import clips, codec, folder, latent, metrics
from sonovae.clips import Clips, Item
from sonovae.codec import Codec
from sonovae.errors import Unreadable
from sonovae.floors import Floors
from sonovae.model import Model
from sonovae.picture import Array
from sonovae.scaling import Scale

ERRORS = ["mse", "mean_picture", "pca"]
"""Of the reconstruction, of the training clips' mean picture and of their PCA."""
README = "README.md"
"""Keeps the folder in git where it holds no recordings."""


@dataclass(frozen=True)
class Recording:
    """Its name, its clips, and these as pictures [N, bins, frames] with their scales."""

    name: str
    clips: Clips
    pictures: Array
    scales: list[Scale]


def read(source: Path, c: Codec) -> Iterator[Recording]:
    """Each recording of a folder as preprocess would see it, one at a time; a line to stderr for what is left out."""
    for name, path in folder.files(source).items():
        reason = folder.reason_not_to_open(path, source)
        if name == README or reason == folder.HIDDEN:
            continue
        try:
            if reason:
                raise Unreadable(reason)
            yield _recording(name, path, c)
        except Unreadable as error:
            print(f"warning: evaluate.unseen: {name!r} is left out: {error}", file=sys.stderr)


def _recording(name: str, path: Path, c: Codec) -> Recording:
    found = clips.of_file(path, c.waveform if isinstance(c, codec.Sound) else None)
    if not found.items:
        raise Unreadable("shorter than a clip, once silences are cut")
    pictures, scales = zip(*(c.encode_new(item, found.gain) for item in found.items), strict=True)
    return Recording(name, found, np.stack(pictures), list(scales))


def measure(source: Path, trained: Model, c: Codec, floors: Floors) -> pd.DataFrame:
    """A row for each clip: the recording's name, the clip's place in it, and `ERRORS`."""
    found = [pd.DataFrame(columns=["name", "item", "source_start", *ERRORS])]
    for each in read(source, c):
        restored = latent.reconstruct(trained.encoder, trained.decoder, each.pictures)
        others = (restored, floors.mean[np.newaxis], floors.restore(each.pictures))
        errors = [metrics.squared_error(each.pictures, other) for other in others]
        place = {"name": each.name, "item": each.clips.number, "source_start": each.clips.source_start}
        found.append(pd.DataFrame(place | dict(zip(ERRORS, errors, strict=True))))
    return pd.concat(found[1:] or found, ignore_index=True)


def first(source: Path, c: Codec, n: int) -> tuple[list[Item], list[Scale], Array]:
    """The first n clips, their scales and their pictures."""
    clips = ((each.clips.items, each.scales, each.pictures) for each in read(source, c))
    rows = list(itertools.islice(itertools.chain.from_iterable(zip(*each, strict=True) for each in clips), n))
    return [item for item, _, _ in rows], [scale for _, scale, _ in rows], np.array([shown for *_, shown in rows])
