"""Fréchet distance between the textures of decoded pictures and of held-out clips' pictures.

A decoder is chosen by it during fine-tuning: it needs no inverse, so it takes a second or two.
"""

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from sklearn.decomposition import PCA

from sonovae.arrays import Floats32, Pictures
from sonovae.dataset.saved_dataset import Dataset
from sonovae.quality import fidelity

SIZE = 12
"""Rows and frames of a patch: some harmonics of a voice, and about 100 ms."""
STEP = 6
"""Rows and frames from one patch to the next."""
COMPONENTS = 48
MOST_CLIPS = 512
MOST_PATCHES = 20_000
LEAST = 0.1
"""Brightest pixel of a patch from which it counts: silence has no texture."""


def distance(held_out: Dataset, seed: int) -> Callable[[Pictures], float]:
    """Return a function of pictures [N, rows, frames]: their distance to those of some clips."""
    clips = held_out.some(MOST_CLIPS, seed).pictures[:]
    patches = _patches(clips)
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.permutation(len(patches))[:MOST_PATCHES])
    components = min(COMPONENTS, *patches[chosen].shape)
    # Whitened, because details vary less than coarse shapes, and are what blur takes away.
    pca = PCA(components, whiten=True, svd_solver="randomized", random_state=seed)
    pca.fit(patches[chosen])
    wanted = fidelity.gaussian(pca.transform(patches))

    def measure(pictures: Pictures) -> float:
        own = fidelity.gaussian(pca.transform(_patches(pictures)))
        return float(fidelity.frechet_distance(wanted, own))

    return measure


def _patches(pictures: Pictures) -> Floats32:
    """Patches [n, SIZE²] of pictures that are not dark, or the brightest one."""
    windows = sliding_window_view(pictures, (SIZE, SIZE), axis=(1, 2))[:, ::STEP, ::STEP]
    flat = windows.reshape(-1, SIZE * SIZE)
    brightest = flat.max(axis=1)
    return np.asarray(flat[brightest >= min(LEAST, brightest.max())])
