"""Sounds and images as a page shows them: file, spectrogram and facts."""

import json
from dataclasses import replace
from typing import Any

import numpy as np

from sonovae.app.shelf import OpenModel
from sonovae.arrays import Item, Latents
from sonovae.codec.base import Codec
from sonovae.generation import item_files
from sonovae.pages import page, plots

RANGE_DB = 70.0
"""Range of a spectrogram's colours below its highest value: quieter parts are mostly noise."""


def of_z(opened: OpenModel, z: Latents, how: dict[str, Any], seed: int) -> dict[str, Any]:
    """Return the sound of z [1, latent_size], its place on the map and the nearest recording.

    These are null for a z of another length than a clip's.
    """
    studio = replace(opened.studio, seed=seed)
    sounds = studio.sounds(z, how)
    view = of_item(studio.codec, sounds[0], studio.about(how))
    if z.shape[1] != studio.model.latent_size:
        return view | {"z": None, "at": None, "nearest": None}
    landscape = opened.landscape
    # Draws from the density are no recordings.
    nearest = None
    if landscape.raw is not None:
        row = landscape.nearest(z)
        clip = landscape.clips.iloc[row]
        nearest = {"row": row, "name": clip["name"], "label": clip["label"]}
    place = landscape.place(z)[0].tolist()
    return view | {"z": z[0].astype(float).tolist(), "at": place, "nearest": nearest}


def of_item(codec: Codec, item: Item, about: dict[str, Any]) -> dict[str, Any]:
    """Return an item within ±1 and its spectrogram as data URLs, with its provenance."""
    data = page.address(codec.media_type, item_files.to_bytes(codec, item, about))
    view = {"kind": codec.kind, "said": json.dumps(about)}
    decibels = codec.full_decibels(item)
    if decibels is None or codec.sample_rate is None:
        return view | {"picture": data}
    top = float(decibels.max())
    # Silence has no level in decibels: it counts as -100 dBFS.
    peak = 20 * np.log10(max(float(np.abs(item).max(initial=0)), 1e-5))
    return view | {
        "audio": data,
        "picture": page.address("image/png", plots.coloured(decibels, top - RANGE_DB, top)),
        "seconds": codec.seconds(item),
        "khz": codec.sample_rate / 2000,
        "peak_dbfs": round(float(peak), 1),
    }
