"""The map of a model's latent space: the plane in which it varies most, with the recordings as points."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sonovae.arrays import Item
from sonovae.codec.base import Codec
from sonovae.dataset import saved_dataset
from sonovae.errors import UserError
from sonovae.evaluation import reconstructions
from sonovae.model import latent
from sonovae.model.density import Points
from sonovae.model.saved_model import Model
from sonovae.recordings import recordings_table

MOST, SEED = 2000, 1
"""Clips that are on the map, drawn at random."""


@dataclass(frozen=True)
class Landscape:
    """Points z [N, latent_size] and the table of the clips that they are; the map's middle [latent_size] and its two
    directions [2, latent_size] of length one. `raw` holds the recordings; None: the points are drawn from the density,
    as there are no recordings."""

    z: Points
    clips: pd.DataFrame
    middle: NDArray[np.float32]
    directions: NDArray[np.float32]
    raw: Path | None

    def place(self, z: Points) -> NDArray[np.float32]:
        """z [N, latent_size] → [N, 2] on the map."""
        return np.asarray((z - self.middle) @ self.directions.T, np.float32)

    def at(self, place: NDArray[np.float32]) -> tuple[Points, int]:
        """z [1, latent_size] at a place [2] of the map, and the row of the point nearest to it: that point's z, moved
        within the map's plane. All that the map does not show is as it is there."""
        apart = place - self.place(self.z)
        row = int(np.linalg.norm(apart, axis=1).argmin())
        return (self.z[row] + apart[row] @ self.directions)[np.newaxis].astype(np.float32), row

    def nearest(self, z: Points) -> int:
        """The row of the point that is nearest to z [1, latent_size] in the whole space."""
        return int(np.linalg.norm(self.z - z, axis=1).argmin())

    def recording(self, row: int, c: Codec) -> Item:
        """The clip itself, as loud as it was recorded. UserError where there is none."""
        if self.raw is None or not 0 <= row < len(self.z):
            raise UserError(
                f"recording = {row}: there are {len(self.z) if self.raw else 0} on the map"
            )
        clip = self.clips.iloc[[row]]
        (item,) = reconstructions.originals(self.raw, c, clip)
        return c.restore_level(item, c.clip_scales(clip)[0])

    def told(self) -> dict[str, Any]:
        """For a page: points [x, y, label], and names."""
        rounded = np.round(self.place(self.z).astype(float), 3).tolist()
        points = [[*xy, label] for xy, label in zip(rounded, self.clips["label"], strict=True)]
        return {"points": points, "names": list(self.clips["name"]), "drawn": self.raw is None}


def survey(root: Path, trained: Model) -> Landscape:
    """The map by the recordings of a project or, where they are not there, by draws from the density."""
    raw = root / "data/raw"
    if (root / "data/pictures/pictures.npy").is_file() and raw.is_dir():
        data = saved_dataset.load(root / "data/pictures")
        if data.pictures.shape[1:] == tuple(trained.encoder.input_shape[1:]):
            some = data.some(MOST, SEED)
            names = recordings_table.read(root / "data/pictures/recordings.csv").set_index(
                "sha256"
            )["name"]
            clips = some.clips.assign(
                name=some.clips["sha256"].map(names[~names.index.duplicated()])
            )
            return _mapped(latent.encode(trained.encoder, some.pictures).mean, clips, raw)
    density = trained.space.density
    each = [
        density.of(label).sample(40, np.random.default_rng(SEED))
        for label in density.names or [""]
        if label
    ]
    z = np.concatenate(each or [density.sample(400, np.random.default_rng(SEED))])
    labels = np.repeat(density.names, 40) if each else [""] * len(z)
    return _mapped(z, pd.DataFrame({"label": labels, "name": "drawn"}), None)


def _mapped(z: Points, clips: pd.DataFrame, raw: Path | None) -> Landscape:
    """By the principal components."""
    middle = z.mean(axis=0)
    _, _, directions = np.linalg.svd(z - middle, full_matrices=False)
    wide = np.zeros((2, z.shape[1]), np.float32)  # one number has no second direction
    wide[: len(directions[:2])] = directions[:2]
    return Landscape(z, clips.reset_index(drop=True), middle.astype(np.float32), wide, raw)
