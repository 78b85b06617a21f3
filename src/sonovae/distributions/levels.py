"""Levels of recordings, which new sounds are given: gains of training clips by label."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from sonovae.arrays import Floats64


@dataclass(frozen=True)
class Levels:
    """Gain [N] that levelled the recording of each training clip, its label [N] and group [N]."""

    gain: Floats64
    label: NDArray[np.str_]
    group: NDArray[np.str_]

    def draw(self, label: str | None, n: int, rng: Generator, group: str | None = None) -> Floats64:
        """Draw gains [n] of random training clips with a label and group, or of all.

        If no clip has both, those with the label count. The first gains are the same whatever n
        is. Raises ValueError if no clip has the label.
        """
        has_label = np.full(len(self.gain), True)
        if label is not None:
            has_label = self.label == label
        if group is not None:
            has_both = has_label & (self.group == group)
            has_label = has_both if has_both.any() else has_label
        gains = self.gain[has_label]
        if not len(gains):
            raise ValueError(f"no training clip has the label {label!r}")
        return gains[rng.integers(len(gains), size=n)]

    def save(self, path: Path) -> None:
        """Write an npz."""
        np.savez(path, **vars(self))


def load(path: Path) -> Levels:
    """Read what `Levels.save` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        return Levels(**arrays)
