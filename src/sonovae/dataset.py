"""Pictures and the clips table on disk."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sonovae import schema

COLUMNS = list(schema.CLIPS.columns)


@dataclass(frozen=True)
class Dataset:
    """Pictures [N, bins, frames] in [0, 1], on disk, and the clips table in the same order."""

    pictures: NDArray[np.float32]
    clips: pd.DataFrame

    def side(self, split: str) -> "Dataset":
        """The clips of one side of the split, their pictures in memory."""
        rows = self.clips["split"] == split
        return Dataset(self.pictures[rows.to_numpy()], self.clips[rows].reset_index(drop=True))


def save(folder: Path, pictures: NDArray[np.float32], clips: pd.DataFrame) -> None:
    """Write `pictures.npy` and `clips.csv`; ValueError where a picture is not finite or leaves [0, 1]."""
    if not np.isfinite(pictures).all() or pictures.min() < 0 or pictures.max() > 1:
        raise ValueError("pictures must be finite and lie in [0, 1]")
    np.save(folder / "pictures.npy", pictures)
    schema.check(clips, schema.CLIPS, "clips.csv", "preprocess")
    clips[COLUMNS].to_csv(folder / "clips.csv", index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)


def load(folder: Path) -> Dataset:
    """The door back from `save`; the pictures stay on disk until they are read."""
    text = dict.fromkeys(["sha256", "label", "group", "split"], str)
    clips = pd.read_csv(folder / "clips.csv", dtype=text, keep_default_na=False)
    schema.check(clips, schema.CLIPS, str(folder / "clips.csv"), "preprocess")
    return Dataset(np.load(folder / "pictures.npy", mmap_mode="r"), clips)
