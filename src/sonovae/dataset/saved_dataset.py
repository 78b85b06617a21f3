"""Pictures and the clips table on disk."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sonovae.recordings import schema

COLUMNS = list(schema.CLIPS.columns)
PIECE = 256
"""Clips whose pictures are in memory at once, where all are read."""


class Pictures:
    """Pictures [N, bins, frames] in [0, 1] on disk. An index reads its rows; none stay in memory, not even as pages of
    the file, since each read opens it anew (0.2 ms)."""

    def __init__(self, file: Path, rows: NDArray[np.int64] | None = None) -> None:
        whole = np.load(file, mmap_mode="r").shape
        self.file, self.rows = file, np.arange(whole[0]) if rows is None else rows
        self.shape = (len(self.rows), *whole[1:])

    def __len__(self) -> int:
        """N."""
        return len(self.rows)

    def __getitem__(self, which: Any) -> NDArray[np.float32]:
        """Those that a slice, a mask or row numbers choose, as numpy would."""
        return np.array(np.load(self.file, mmap_mode="r")[self.rows[which]], np.float32)


@dataclass(frozen=True)
class Dataset:
    """Pictures, and the clips table in the same order."""

    pictures: Pictures
    clips: pd.DataFrame

    def side(self, split: str) -> "Dataset":
        """The clips of one side of the split."""
        return self.take(np.flatnonzero(self.clips["split"] == split))

    def take(self, rows: NDArray[np.int64]) -> "Dataset":
        """Some of the clips."""
        pictures = Pictures(self.pictures.file, self.pictures.rows[rows])
        return Dataset(pictures, self.clips.iloc[rows].reset_index(drop=True))

    def pieces(self) -> "list[Dataset]":
        """All of them in their order, `PIECE` at most in each."""
        rows = np.arange(len(self.clips))
        return [self.take(rows[start : start + PIECE]) for start in range(0, len(rows), PIECE)]

    def some(self, n: int, seed: int) -> "Dataset":
        """At most n of them, drawn at random, in their order."""
        return self.take(np.sort(np.random.default_rng(seed).permutation(len(self.clips))[:n]))


def save(
    folder: Path, pictures: Iterable[NDArray[np.float32]], clips: pd.DataFrame, dtype: str
) -> None:
    """Write `pictures.npy` of a type, one picture [bins, frames] after the other, and `clips.csv` with a row for each;
    ValueError where a picture is not finite or leaves [0, 1]."""
    with (folder / "pictures.npy").open("wb") as file:
        for n, picture in enumerate(pictures):
            if not (picture.min() >= 0 and picture.max() <= 1):
                (folder / "pictures.npy").unlink()
                raise ValueError("pictures must be finite and lie in [0, 1]")
            if n == 0:
                form = {
                    "descr": np.lib.format.dtype_to_descr(np.dtype(dtype)),
                    "fortran_order": False,
                }
                np.lib.format.write_array_header_1_0(
                    file, form | {"shape": (len(clips), *picture.shape)}
                )
            file.write(np.ascontiguousarray(picture, dtype).data)
    schema.check(clips, schema.CLIPS, "clips.csv", "preprocess")
    clips[COLUMNS].to_csv(
        folder / "clips.csv", index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC
    )


def load(folder: Path) -> Dataset:
    """The door back from `save`; the pictures stay on disk until they are read."""
    text = dict.fromkeys(["sha256", "label", "group", "split"], str)
    clips = pd.read_csv(folder / "clips.csv", dtype=text, keep_default_na=False)
    schema.check(clips, schema.CLIPS, str(folder / "clips.csv"), "preprocess")
    return Dataset(Pictures(folder / "pictures.npy"), clips)
