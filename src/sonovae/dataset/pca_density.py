"""New sounds of a linear model: PCA of the pictures, with the same kind of density as z has.

What it scores is what a density alone is worth; the network must be better.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sonovae.arrays import Floats32, Pictures
from sonovae.dataset.baselines import Floors
from sonovae.dataset.saved_dataset import Dataset
from sonovae.distributions import density
from sonovae.distributions.density import Density


@dataclass(frozen=True)
class PcaDensity:
    """Principal components of the training pictures, and their density by label."""

    floors: Floors
    density: Density

    def draw(self, labels: Sequence[str] | None, n: int, rng: np.random.Generator) -> Pictures:
        """Draw pictures [n, rows, columns] in [0, 1], one of each of n labels, or of all."""
        if labels is None:
            components = self.density.sample(n, rng)
        else:
            draws = [self.density.of(label).sample(1, rng) for label in labels]
            components = np.concatenate(draws)
        return np.clip(self.floors.decode(components), 0, 1)


def fit(floors: Floors, train: Dataset, held_out: Dataset, seed: int) -> PcaDensity:
    """Fit the density to training clips, with as many Gaussians as make others likeliest."""
    points = _encode(floors, train)
    # Components have no posterior, whose variance z adds to each Gaussian.
    variance = np.zeros(points.shape[1])
    labels = train.clips["label"].tolist()
    fitted = density.fit(points, variance, labels, _encode(floors, held_out), seed)
    return PcaDensity(floors, fitted)


def _encode(floors: Floors, clips: Dataset) -> Floats32:
    return np.concatenate([floors.encode(piece.pictures[:]) for piece in clips.pieces()])
