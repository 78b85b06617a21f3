"""What a page shows of a sound or an image: the file itself, which says where it comes from, and its spectrogram."""

import json
from dataclasses import replace
from typing import Any

import numpy as np

from sonovae.app.shelf import Opened
from sonovae.codec import spectrogram
from sonovae.codec.picture import Item
from sonovae.codec.saved_codec import Codec, Sound
from sonovae.generation import item_files
from sonovae.model.density import Points
from sonovae.pages import page, plots

RANGE_DB = 70.0
"""Of a spectrogram, below its loudest."""


def of_z(opened: Opened, z: Points, how: dict[str, Any], seed: int) -> dict[str, Any]:
    """What z [1, latent_size] is decoded to, where it lies on the map, and the recording nearest to it."""
    own, land = replace(opened.studio, seed=seed), opened.land
    item = own.c.restore(own.items(z)[0], own.c.typical)
    x, y = land.place(z)[0].tolist()
    row = land.nearest(z)
    near = {"row": row, "name": land.clips["name"][row], "label": land.clips["label"][row]}
    found = of_item(own.c, item, item_files.provenance(own.trained.id, seed, how))
    return found | {
        "z": z[0].astype(float).tolist(),
        "at": [x, y],
        "nearest": None if land.raw is None else near,
    }


def of_item(c: Codec, item: Item, said: dict[str, Any]) -> dict[str, Any]:
    """An item in [-1, 1], or an image in [0, 1], as addresses that hold it."""
    data = item_files.packed(c, item, said)
    if not isinstance(c, Sound):
        return {
            "kind": c.kind,
            "picture": page.address("image/png", data),
            "said": json.dumps(said),
        }
    rate = c.waveform.sample_rate
    decibels = spectrogram.magnitude_to_db(spectrogram.waveform_to_magnitude(item, c.frames))
    top = float(decibels.max())
    peak = 20 * np.log10(max(float(np.abs(item).max(initial=0)), 1e-5))
    return {
        "kind": c.kind,
        "audio": page.address("audio/wav", data),
        "picture": page.address("image/png", plots.coloured(decibels, top - RANGE_DB, top)),
        "seconds": len(item) / rate,
        "khz": rate / 2000,
        "peak_dbfs": round(float(peak), 1),
        "said": json.dumps(said),
    }
