"""New items as files that people look at and listen to, each with its provenance inside."""

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sonovae.arrays import Item, Latents, Picture
from sonovae.codec import image_files, sound_files
from sonovae.codec.base import Codec
from sonovae.pages import page, plots

SHOWN = 8
"""Pictures side by side in gallery.png."""


def provenance(model_id: str, seed: int, how: dict[str, Any]) -> dict[str, Any]:
    """Return what a generated file holds: its model, the seed, and how z was drawn."""
    return {
        "made_by": "sonovae, which generated it",
        "model": model_id,
        "seed": seed,
        **how,
    }


def read_provenance(path: Path) -> dict[str, Any]:
    """Return the provenance in a file; empty if it has none."""
    # The formats keep text in different places.
    files = image_files if path.suffix.lower() == ".png" else sound_files
    try:
        about = json.loads(files.comment(path))
    except ValueError:
        return {}
    return about if isinstance(about, dict) else {}


def write(stem: Path, codec: Codec, item: Item, about: dict[str, Any] | None = None) -> None:
    """Write an item within ±1 as STEM.wav, drawn in STEM.png; an image only as STEM.png."""
    comment = json.dumps(about) if about else ""
    codec.write(stem.with_suffix(codec.suffix), item, comment)
    decibels = codec.full_decibels(item)
    if decibels is not None and codec.sample_rate:
        panel = plots.panel(item, codec.sample_rate, decibels)
        plots.save(panel, stem.with_suffix(".png"))


def to_bytes(codec: Codec, item: Item, about: dict[str, Any]) -> bytes:
    """Return the file that holds an item within ±1 and its provenance: a WAV, or a PNG."""
    # The codec writes to a path, whose extension decides the format.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"item{codec.suffix}"
        codec.write(path, item, json.dumps(about))
        return path.read_bytes()


def write_gallery(
    folder: Path,
    codec: Codec,
    pictures: list[Picture],
    items: Iterable[Item],
    about: dict[str, Any],
) -> None:
    """Write items within ±1, KIND_001 and so on, with index.csv, gallery.html and gallery.png."""
    rows = [_write_row(folder, codec, n, item, about) for n, item in enumerate(items)]
    pd.DataFrame(rows).to_csv(folder / "index.csv", index=False, lineterminator="\n")
    overview = plots.rows({"generated": pictures[:SHOWN]}, codec.extent, codec.unit)
    plots.save(overview, folder / "gallery.png")
    players = page.players(folder, codec.kind)
    content = {"kind": codec.kind, "about": about, "rows": players}
    page.write(folder / "gallery.html", "gallery.html", content)


def write_latents(folder: Path, z: Latents) -> None:
    """Write z [n, latent_size] as z.npy, whose rows the files name."""
    np.save(folder / "z.npy", z)


def _write_row(
    folder: Path, codec: Codec, n: int, item: Item, about: dict[str, Any]
) -> dict[str, Any]:
    """Write the n-th item and return its row of the index."""
    name = f"{codec.kind}_{n + 1:03d}"
    # A joined sound names all the rows that it was made of.
    own = about if "rows_of_z" in about else about | {"row_of_z": n}
    write(folder / name, codec, item, own)
    row = {"picture": f"{name}.png", **own}
    # Columns of sounds only; an image is its own picture.
    seconds = codec.seconds(item)
    if seconds is None:
        return row
    return {"sound": f"{name}{codec.suffix}", **row, "seconds": seconds}
