"""Densities and levels with known parameters."""

import numpy as np

from sonovae.distributions import density
from sonovae.distributions.levels import Levels


def standard_normal(size: int) -> density.Density:
    """One Gaussian around 0 with variance 1 in each dimension."""
    return density.diagonal(np.zeros((1, size)), np.ones((1, size)))


def levels() -> Levels:
    """Gains of loud clips labelled `loud`, and of quiet ones labelled `quiet`."""
    gains = np.array([1.0, 1.25, 8, 10])
    labels = np.array(["loud", "loud", "quiet", "quiet"])
    return Levels(gains, labels, np.array(["a", "b", "a", "b"]))
