"""Pictures and the clips table on disk, and the split of their groups into training, validation and test."""

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sonovae.errors import UserError
from sonovae.params.sections import Split

COLUMNS = ["sha256", "item", "start", "source_start", "label", "group", "split", "low", "high", "gain"]
SIDES = ("train", "validation", "test")


@dataclass(frozen=True)
class Dataset:
    """Pictures [N, bins, frames] in [0, 1], on disk, and the clips table in the same order."""

    pictures: NDArray[np.float32]
    clips: pd.DataFrame

    def side(self, split: str) -> "Dataset":
        """The clips of one side of the split, their pictures in memory."""
        rows = self.clips["split"] == split
        return Dataset(self.pictures[rows.to_numpy()], self.clips[rows].reset_index(drop=True))


def split_groups(groups: set[str], p: Split) -> dict[str, str]:
    """Each group's side, by the rank of its hash, so that a new one leaves nearly all others where they were."""
    if len(groups) < len(SIDES):
        raise UserError(
            f"the split needs at least {len(SIDES)} groups, one each for {', '.join(SIDES)}, and the clips are of"
            f" {len(groups)}: {', '.join(sorted(groups))}. Add recordings, or let fetch.pattern name smaller groups"
        )
    ranked = sorted(groups, key=lambda group: hashlib.sha256(f"{p.seed}:{group}".encode()).digest())
    test = max(1, round(p.test * len(groups)))
    validation = max(1, round(p.validation * len(groups)))
    test = min(test, len(groups) - 2)
    validation = min(validation, len(groups) - test - 1)
    sides = ["test"] * test + ["validation"] * validation
    return dict(zip(ranked, sides + ["train"] * (len(groups) - len(sides)), strict=True))


def save(folder: Path, pictures: NDArray[np.float32], clips: pd.DataFrame) -> None:
    """Write `pictures.npy` and `clips.csv`; ValueError where a picture is not finite or leaves [0, 1]."""
    if not np.isfinite(pictures).all() or pictures.min() < 0 or pictures.max() > 1:
        raise ValueError("pictures must be finite and lie in [0, 1]")
    np.save(folder / "pictures.npy", pictures)
    clips[COLUMNS].to_csv(folder / "clips.csv", index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)


def load(folder: Path) -> Dataset:
    """The door back from `save`; the pictures stay on disk until they are read."""
    text = dict.fromkeys(["sha256", "label", "group", "split"], str)
    clips = pd.read_csv(folder / "clips.csv", dtype=text, keep_default_na=False)
    return Dataset(np.load(folder / "pictures.npy", mmap_mode="r"), clips)
