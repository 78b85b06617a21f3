"""Pictures and the clips table on disk."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sonovae.arrays import Indices, Picture
from sonovae.arrays import Pictures as PictureArray
from sonovae.project import CLIPS_CSV
from sonovae.recordings import schema

PICTURES_NPY = "pictures.npy"
"""File of the pictures in data/pictures."""
COLUMNS = list(schema.CLIPS.columns)
"""Columns of the clips table."""
PIECE = 256
"""Clips whose pictures are in memory at once when all are read."""


class Pictures:
    """Pictures [N, rows, columns] in [0, 1] on disk; an index reads its rows.

    Each read opens the file again (0.2 ms), so that no page of it stays in memory.
    """

    def __init__(self, file: Path, rows: Indices | None = None) -> None:
        shape = np.load(file, mmap_mode="r").shape
        self.file = file
        self.rows = np.arange(shape[0]) if rows is None else rows
        self.shape = (len(self.rows), *shape[1:])

    def __len__(self) -> int:
        """Return N."""
        return len(self.rows)

    def __getitem__(self, which: Any) -> PictureArray:
        """Read the rows that a slice, mask or row numbers choose, in single precision."""
        return np.array(np.load(self.file, mmap_mode="r")[self.rows[which]], np.float32)


@dataclass(frozen=True)
class Dataset:
    """Pictures, and the clips table in the same order."""

    pictures: Pictures
    clips: pd.DataFrame

    def side(self, split: str) -> "Dataset":
        """Return the clips of one side of the split."""
        return self.take(np.flatnonzero(self.clips["split"] == split))

    def take(self, rows: Indices) -> "Dataset":
        """Return the clips of these rows."""
        pictures = Pictures(self.pictures.file, self.pictures.rows[rows])
        return Dataset(pictures, self.clips.iloc[rows].reset_index(drop=True))

    def pieces(self) -> "list[Dataset]":
        """Return all clips in order, at most `PIECE` in each part."""
        rows = np.arange(len(self.clips))
        return [self.take(rows[start : start + PIECE]) for start in range(0, len(rows), PIECE)]

    def some(self, n: int, seed: int) -> "Dataset":
        """Draw at most n clips at random; they keep their order."""
        return self.take(np.sort(np.random.default_rng(seed).permutation(len(self.clips))[:n]))


def save(folder: Path, pictures: Iterable[Picture], clips: pd.DataFrame, dtype: str) -> None:
    """Write pictures [rows, columns] in [0, 1], one at a time, and the clips table."""
    path = folder / PICTURES_NPY
    with path.open("wb") as file:
        for n, picture in enumerate(pictures):
            # Written so that NaN fails, too.
            if not (picture.min() >= 0 and picture.max() <= 1):
                path.unlink()
                raise ValueError("pictures must be finite and lie in [0, 1]")
            if n == 0:
                header = {
                    "descr": np.lib.format.dtype_to_descr(np.dtype(dtype)),
                    "fortran_order": False,
                    "shape": (len(clips), *picture.shape),
                }
                np.lib.format.write_array_header_1_0(file, header)
            file.write(np.ascontiguousarray(picture, dtype).data)
    schema.check(clips, schema.CLIPS, CLIPS_CSV, "preprocess")
    table = clips[COLUMNS]
    table.to_csv(
        folder / CLIPS_CSV,
        index=False,
        lineterminator="\n",
        quoting=csv.QUOTE_NONNUMERIC,
    )


def load(folder: Path) -> Dataset:
    """Open what `save` wrote; raise UserError if the clips table breaks a rule."""
    path = folder / CLIPS_CSV
    # Text stays text: a label may be `007` or `NA`.
    text = dict.fromkeys(["sha256", "label", "group", "split"], str)
    clips = pd.read_csv(path, dtype=text, keep_default_na=False)
    schema.check(clips, schema.CLIPS, str(path), "preprocess")
    return Dataset(Pictures(folder / PICTURES_NPY), clips)
