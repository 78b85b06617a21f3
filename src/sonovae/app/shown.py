"""What a page shows of a sound or an image: the file itself, which says where it comes from, and its spectrogram."""

import json
from dataclasses import replace
from typing import Any

import numpy as np

from sonovae.app.shelf import Opened
from sonovae.arrays import Item, Latents
from sonovae.codec.base import Codec
from sonovae.generation import item_files
from sonovae.pages import page, plots

RANGE_DB = 70.0
"""Of a spectrogram, below its loudest."""


def of_z(opened: Opened, z: Latents, how: dict[str, Any], seed: int) -> dict[str, Any]:
    """Return what z [1, latent_size] is decoded to, its place on the map, the nearest recording."""
    studio = replace(opened.studio, seed=seed)
    land = opened.land
    sounds = studio.sounds(z, how)
    row = land.nearest(z)
    nearest = {"row": row, "name": land.clips["name"][row], "label": land.clips["label"][row]}
    return of_item(studio.codec, sounds[0], studio.about(how)) | {
        "z": z[0].astype(float).tolist(),
        "at": land.place(z)[0].tolist(),
        "nearest": None if land.raw is None else nearest,
    }


def of_item(codec: Codec, item: Item, about: dict[str, Any]) -> dict[str, Any]:
    """Return an item within ±1 and its spectrogram as data URLs, with its provenance."""
    data = page.address(codec.media_type, item_files.to_bytes(codec, item, about))
    shown = {"kind": codec.kind, "said": json.dumps(about)}
    decibels = codec.full_decibels(item)
    if decibels is None or codec.sample_rate is None:
        return shown | {"picture": data}
    top = float(decibels.max())
    peak = 20 * np.log10(max(float(np.abs(item).max(initial=0)), 1e-5))
    return shown | {
        "audio": data,
        "picture": page.address("image/png", plots.coloured(decibels, top - RANGE_DB, top)),
        "seconds": codec.seconds(item),
        "khz": codec.sample_rate / 2000,
        "peak_dbfs": round(float(peak), 1),
    }
