"""Recordings that were never in the dataset, such as a speaker whom the model has not met."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from sonovae.arrays import Floats64, Item, Pictures
from sonovae.codec.base import Codec
from sonovae.codec.scaling import Scale
from sonovae.dataset import clips
from sonovae.errors import Unreadable
from sonovae.evaluation import metrics
from sonovae.evaluation.inputs import Inputs
from sonovae.recordings import folder

ERRORS = ["mse", "mean_picture", "pca"]
"""Columns: errors of the reconstruction, of the training clips' mean picture and of their PCA."""
README = "README.md"
"""A file that keeps the folder in git if it holds no recordings."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Unseen:
    """A row of errors for each clip, and the first clips with their reconstructions."""

    errors: pd.DataFrame
    items: list[Item]
    scales: list[Scale]
    pictures: Pictures
    restored: Pictures


def reconstruct(inputs: Inputs) -> Unseen:
    """Reconstruct the recordings of the folder `evaluate.unseen`, one at a time.

    A row names the recording, the clip's place in it and `ERRORS`. As many clips are kept to be
    shown as of the dataset.
    """
    n = inputs.settings.shown.count
    errors = []
    items: list[Item] = []
    scales: list[Scale] = []
    pictures = []
    restored = []
    source = inputs.project.root / inputs.settings.unseen
    for name, of_file in _read(source, inputs.studio.codec):
        encoded, own_scales = inputs.studio.codec.encode_items(of_file.items, of_file.gain)
        decoded = inputs.studio.decode(inputs.studio.encode(encoded).mean)
        place = {
            "name": name,
            "item": [clip.item for clip in of_file.known],
            "source_start": [clip.source_start for clip in of_file.known],
        }
        errors.append(pd.DataFrame(place | _errors(encoded, decoded, inputs)))
        missing = n - len(items)
        items += list(of_file.items)[:missing]
        scales += own_scales[:missing]
        pictures += list(encoded[:missing])
        restored += list(decoded[:missing])
    if not errors:
        errors = [pd.DataFrame(columns=["name", "item", "source_start", *ERRORS])]
    table = pd.concat(errors, ignore_index=True)
    # An array also without clips, which np.stack refuses.
    shown = (np.array(images, np.float32) for images in (pictures, restored))
    return Unseen(table, items, scales, *shown)


def _read(source: Path, codec: Codec) -> Iterator[tuple[str, clips.Clips]]:
    """Yield each recording's name and clips; log a warning for each file that is left out."""
    for name, path in folder.files(source).items():
        reason = folder.reason_not_to_open(path, source)
        if name == README or reason == folder.HIDDEN:
            continue
        try:
            if reason:
                raise Unreadable(reason)
            of_file = clips.of_file(path, codec.clip_settings)
            if not of_file.items:
                raise Unreadable("shorter than a clip, once silences are cut")
        except Unreadable as error:
            logger.warning("evaluate.unseen: %r is left out: %s", name, error)
        else:
            yield name, of_file


def _errors(pictures: Pictures, decoded: Pictures, inputs: Inputs) -> dict[str, Floats64]:
    mean = inputs.baselines.mean[np.newaxis]
    others = (decoded, mean, inputs.baselines.restore(pictures))
    pairs = zip(ERRORS, others, strict=True)
    return {name: metrics.squared_error(pictures, other) for name, other in pairs}
