"""Recordings that were never in the dataset, of a speaker whom the model has not met, say, and how near it comes."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from sonovae.arrays import Floats32, Item
from sonovae.codec.base import Codec
from sonovae.codec.scaling import Scale
from sonovae.dataset import clips
from sonovae.dataset.baselines import Floors
from sonovae.errors import Unreadable
from sonovae.evaluation import metrics
from sonovae.model import latent
from sonovae.model.saved_model import Model
from sonovae.recordings import folder

ERRORS = ["mse", "mean_picture", "pca"]
"""Of the reconstruction, of the training clips' mean picture and of their PCA."""
README = "README.md"
"""Keeps the folder in git where it holds no recordings."""


@dataclass(frozen=True)
class Met:
    """A row of errors for each clip, and of the first clips the items, scales and pictures [N, bins, frames]."""

    errors: pd.DataFrame
    items: list[Item]
    scales: list[Scale]
    pictures: Floats32


def meet(source: Path, trained: Model, c: Codec, floors: Floors, n: int) -> Met:
    """What a model makes of a folder's recordings, read one at a time, and the first n clips of all. A row says the
    recording's name, the clip's place in it, and `ERRORS`."""
    errors = [pd.DataFrame(columns=["name", "item", "source_start", *ERRORS])]
    first: list[tuple[Item, Scale, Floats32]] = []
    for name, found in _read(source, c):
        pictures, scales = zip(
            *(c.encode_item(item, found.gain) for item in found.items), strict=True
        )
        place = {"name": name, "item": found.number, "source_start": found.source_start}
        errors.append(pd.DataFrame(place | _errors(np.stack(pictures), trained, floors)))
        first += list(zip(found.items, scales, pictures, strict=True))[: n - len(first)]
    shown = np.array([picture for *_, picture in first], np.float32)
    table = pd.concat(errors[1:] or errors, ignore_index=True)
    return Met(table, [item for item, _, _ in first], [scale for _, scale, _ in first], shown)


def _read(source: Path, c: Codec) -> Iterator[tuple[str, clips.Clips]]:
    """Each recording's name and clips, as preprocess would see them; a line to stderr for what is left out."""
    for name, path in folder.files(source).items():
        reason = folder.reason_not_to_open(path, source)
        if name == README or reason == folder.HIDDEN:
            continue
        try:
            if reason:
                raise Unreadable(reason)
            found = clips.of_file(path, c.clip_settings)
            if not found.items:
                raise Unreadable("shorter than a clip, once silences are cut")
        except Unreadable as error:
            print(f"warning: evaluate.unseen: {name!r} is left out: {error}", file=sys.stderr)
        else:
            yield name, found


def _errors(pictures: Floats32, trained: Model, floors: Floors) -> dict[str, metrics.Floats]:
    restored = latent.reconstruct(trained.encoder, trained.decoder, pictures)
    others = (restored, floors.mean[np.newaxis], floors.restore(pictures))
    return {
        name: metrics.squared_error(pictures, other)
        for name, other in zip(ERRORS, others, strict=True)
    }
