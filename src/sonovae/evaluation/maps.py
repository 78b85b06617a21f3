"""Maps of the latent space: z in many dimensions → points in two."""

import multiprocessing
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]


def pca(z: Points, seed: int) -> Points:
    """[N, latent_size] → [N, 2]: the two directions in which z varies most."""
    from sklearn.decomposition import PCA

    return np.asarray(PCA(2, random_state=seed).fit_transform(z))


def tsne(z: Points, seed: int) -> Points:
    """[N, latent_size] → [N, 2] by t-SNE (van der Maaten and Hinton 2008), which keeps neighbours together."""
    from sklearn.manifold import TSNE

    return np.asarray(
        TSNE(perplexity=min(30, (len(z) - 1) / 3), random_state=seed).fit_transform(z)
    )


def umap(z: Points, seed: int) -> Points:
    """[N, latent_size] → [N, 2] by UMAP (McInnes, Healy and Melville 2018), which keeps neighbourhoods together; in a
    process of its own, since the package holds about a gigabyte once it is loaded."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        return process.submit(_umap, z, seed).result()


def _umap(z: Points, seed: int) -> Points:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own, on import
        from umap import UMAP

    init = "spectral" if len(z) > 4 else "random"  # which so few points do not have
    # One job, as several give other points each time.
    mapped = UMAP(n_neighbors=min(15, len(z) - 1), init=init, random_state=seed, n_jobs=1)
    return np.asarray(mapped.fit_transform(z))


MAPS: dict[str, tuple[str, Callable[[Points, int], Points]]] = {
    "pca": ("PCA", pca),
    "tsne": ("t-SNE", tsne),
    "umap": ("UMAP", umap),
}
"""The name in the parameters → the field's name, and the function."""


def draw(z: Points, names: tuple[str, ...], seed: int) -> dict[str, Points]:
    """Each map by the field's name; z of two dimensions is a map already, and the first."""
    itself = {"z": z} if z.shape[1] == 2 else {}
    if not np.ptp(z, axis=0).any():  # t-SNE would end the process
        return itself | {MAPS[name][0]: np.zeros((len(z), 2), np.float32) for name in names}
    wide = np.pad(z, ((0, 0), (0, max(0, 2 - z.shape[1]))))  # one number has no second direction
    return itself | {
        title: function(wide, seed) for title, function in (MAPS[name] for name in names)
    }
