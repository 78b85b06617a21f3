"""Fréchet distance of textures: small patches of log-mel spectrograms, as principal components."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from sklearn.decomposition import PCA

from sonovae.arrays import Floats32, Floats64, Indices
from sonovae.features.spectrograms import MEL_RANGE_DB
from sonovae.quality import fidelity

SIZE = 16
"""Bands and frames of a patch: an octave or so, and 128 ms."""
STEP = 8
"""Bands and frames from one patch to the next."""
COMPONENTS = 48
MOST_PATCHES = 20_000
"""Patches that the components are fitted to."""
LEAST_DB = 40.0
"""Decibels below the loudest band within which a patch must reach to count: silence has none."""


@dataclass(frozen=True)
class Textures:
    """Number [N], sum [N, D] and sum of outer products [N, D, D] of each sound's patches."""

    count: Floats64
    total: Floats64
    outer: Floats64

    def gaussian(self, rows: Indices) -> fidelity.Gaussian:
        """Return the Gaussian of the patches of some sounds, given as rows [M]."""
        count = max(2.0, float(self.count[rows].sum()))
        mean = self.total[rows].sum(axis=0) / count
        covariance = self.outer[rows].sum(axis=0) / count - np.outer(mean, mean)
        values, vectors = np.linalg.eigh(covariance)
        root = np.sqrt(np.maximum(values, 0))[:, np.newaxis] * vectors.T
        return fidelity.Gaussian(mean, root)


@dataclass(frozen=True)
class Embedding:
    """Components of the training recordings' patches, each with variance 1 there.

    Scaled, because details vary less than coarse shapes, and are what blur takes away.
    """

    pca: PCA

    def of(self, log_mels: Floats32) -> Textures:
        """Embed the patches of log-mel spectrograms [N, bands, frames]."""
        points = [self.pca.transform(_patches(values)) for values in log_mels]
        return Textures(
            np.array([float(len(own)) for own in points]),
            np.stack([own.sum(axis=0) for own in points]),
            np.stack([own.T @ own for own in points]),
        )


def fit(log_mels: Floats32, seed: int) -> Embedding:
    """Fit to log-mel spectrograms [N, bands, frames] of training recordings."""
    patches = np.concatenate([_patches(values) for values in log_mels])
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.permutation(len(patches))[:MOST_PATCHES])
    components = min(COMPONENTS, len(chosen))
    pca = PCA(components, whiten=True, svd_solver="randomized", random_state=seed)
    # If all patches are equal, scikit-learn divides 0 by 0, for a ratio that is not used here.
    with np.errstate(invalid="ignore"):
        return Embedding(pca.fit(patches[chosen]))


def _patches(log_mel: Floats32) -> Floats64:
    """Patches [n, SIZE²] of a log-mel spectrogram that are not silent, or the loudest one."""
    frames = log_mel.shape[1]
    padded = np.pad(log_mel, ((0, 0), (0, max(0, SIZE - frames))), constant_values=-MEL_RANGE_DB)
    windows = sliding_window_view(padded, (SIZE, SIZE))[::STEP, ::STEP]
    flat = windows.reshape(-1, SIZE * SIZE).astype(float)
    loudest = flat.max(axis=1)
    return flat[loudest >= min(-LEAST_DB, loudest.max())]
