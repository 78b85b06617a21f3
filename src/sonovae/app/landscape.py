"""Map of a model's latent space: the plane in which it varies most, with recordings as points."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sonovae.arrays import Floats32, Item, Latents
from sonovae.codec.base import Codec
from sonovae.dataset import original_items, saved_dataset
from sonovae.dataset.saved_dataset import Dataset
from sonovae.errors import UserError
from sonovae.model import latent
from sonovae.model.saved_model import Model
from sonovae.project import Project
from sonovae.recordings import recordings_table

MAX_CLIPS = 2000
"""Clips on the map, drawn at random: as many as a browser draws at once."""
SEED = 1
"""Seed that chooses the clips, so that the map is always the same."""
DRAWS = 400
"""Points of a map without recordings and labels."""
DRAWS_PER_LABEL = 40
"""Points of each label on a map without recordings."""


@dataclass(frozen=True)
class Landscape:
    """Points z [N, latent_size] on a plane, and the table of their clips.

    `middle` [latent_size] is the plane's origin; `directions` [2, latent_size] are its axes, of
    length 1. `raw` holds the recordings; None if the points were drawn from the density.
    """

    z: Latents
    clips: pd.DataFrame
    middle: Floats32
    directions: Floats32
    raw: Path | None

    def place(self, z: Latents) -> Floats32:
        """Project z [N, latent_size] on the map: [N, 2]."""
        return np.asarray((z - self.middle) @ self.directions.T, np.float32)

    def at(self, place: Floats32) -> Latents:
        """Return z [1, latent_size] at a place [2] of the map.

        It is the nearest point's, moved in the map's plane: what the map does not show is as there.
        """
        apart = place - self.place(self.z)
        row = int(np.linalg.norm(apart, axis=1).argmin())
        moved = self.z[row] + apart[row] @ self.directions
        return moved[np.newaxis].astype(np.float32)

    def nearest(self, z: Latents) -> int:
        """Return the row of the point nearest to z [1, latent_size] in the whole space."""
        return int(np.linalg.norm(self.z - z, axis=1).argmin())

    def recording(self, row: int, codec: Codec) -> Item:
        """Return the samples [n] of a row's clip, or its image, as loud as it was recorded.

        UserError if the map has no such recording.
        """
        n = len(self.z) if self.raw else 0
        if self.raw is None or not 0 <= row < n:
            raise UserError(f"row = {row}: must be one of the {n} recordings on the map, from 0")
        clip = self.clips.iloc[[row]]
        (item,) = original_items.read(self.raw, codec, clip)
        return codec.restore_level(item, codec.clip_scales(clip)[0])

    def for_page(self) -> dict[str, Any]:
        """Return the points [x, y, label] and names, as a page draws them."""
        # Three decimals are finer than a pixel, and halve the page's data.
        rounded = np.round(self.place(self.z).astype(float), 3).tolist()
        points = [[x, y, label] for (x, y), label in zip(rounded, self.clips["label"], strict=True)]
        return {
            "points": points,
            "names": list(self.clips["name"]),
            "drawn": self.raw is None,
        }


def survey(root: Path, model: Model) -> Landscape:
    """Map the recordings of a project, or draws from the density if there are none."""
    project = Project(root)
    dataset = _dataset(project, model)
    if dataset is None:
        z, labels = _draw(model)
        return _span(z, pd.DataFrame({"label": labels, "name": "drawn"}), None)
    sample = dataset.some(MAX_CLIPS, SEED)
    recordings = recordings_table.read(project.recordings)
    # Files with the same content have one name here, the first.
    names = recordings.drop_duplicates("sha256").set_index("sha256")["name"]
    clips = sample.clips.assign(name=sample.clips["sha256"].map(names))
    z = latent.encode(model.encoder, sample.pictures).mean
    return _span(z, clips, project.raw)


def _dataset(project: Project, model: Model) -> Dataset | None:
    """Return the project's clips if they are there and fit the model."""
    if not (project.pictures / "pictures.npy").is_file() or not project.raw.is_dir():
        return None
    dataset = saved_dataset.load(project.pictures)
    # The folder may hold pictures that other parameters made.
    is_fit = dataset.pictures.shape[1:] == tuple(model.encoder.input_shape[1:])
    return dataset if is_fit else None


def _draw(model: Model) -> tuple[Latents, list[str]]:
    """Draw z [N, latent_size] from the density, with the label of each."""
    density = model.space.density
    draws = []
    labels = []
    for label in density.names:
        rng = np.random.default_rng(SEED)
        draws.append(density.of(label).sample(DRAWS_PER_LABEL, rng))
        labels += [label] * DRAWS_PER_LABEL
    if draws:
        return np.concatenate(draws), labels
    return density.sample(DRAWS, np.random.default_rng(SEED)), [""] * DRAWS


def _span(z: Latents, clips: pd.DataFrame, raw: Path | None) -> Landscape:
    """Lay the map along the first two principal components."""
    middle = z.mean(axis=0)
    _, _, components = np.linalg.svd(z - middle, full_matrices=False)
    # A z of one number has no second direction.
    directions = np.zeros((2, z.shape[1]), np.float32)
    directions[: len(components[:2])] = components[:2]
    return Landscape(z, clips.reset_index(drop=True), middle.astype(np.float32), directions, raw)
