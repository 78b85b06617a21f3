"""Maps of the latent space: z in many dimensions → points in two."""

import multiprocessing
import warnings
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor

import numpy as np

from sonovae.arrays import Floats32, Latents


def pca(z: Latents, seed: int) -> Floats32:
    """Project z [N, latent_size] on the two directions in which it varies most, [N, 2]."""
    from sklearn.decomposition import PCA

    return np.asarray(PCA(2, random_state=seed).fit_transform(z))


def tsne(z: Latents, seed: int) -> Floats32:
    """Map z [N, latent_size] to [N, 2] by t-SNE (van der Maaten and Hinton 2008)."""
    from sklearn.manifold import TSNE

    # The perplexity must be smaller than the number of points.
    perplexity = min(30, (len(z) - 1) / 3)
    return np.asarray(TSNE(perplexity=perplexity, random_state=seed).fit_transform(z))


def umap(z: Latents, seed: int) -> Floats32:
    """Map z [N, latent_size] to [N, 2] by UMAP (McInnes, Healy and Melville 2018)."""
    return _begin_umap(z, seed).result()


def _begin_umap(z: Latents, seed: int) -> Future[Floats32]:
    # In a process of its own: once loaded, the package occupies about a gigabyte.
    process = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
    points = process.submit(_umap, z, seed)
    process.shutdown(wait=False)
    return points


def _umap(z: Latents, seed: int) -> Floats32:
    with warnings.catch_warnings():
        # Importing umap warns about its own optional dependencies.
        warnings.simplefilter("ignore")
        from umap import UMAP

    # Up to four points have no spectral embedding.
    init = "spectral" if len(z) > 4 else "random"
    # Several jobs would give other points each time.
    mapper = UMAP(n_neighbors=min(15, len(z) - 1), init=init, random_state=seed, n_jobs=1)
    return np.asarray(mapper.fit_transform(z))


MAPS: dict[str, tuple[str, Callable[[Latents, int], Floats32]]] = {
    "pca": ("PCA", pca),
    "tsne": ("t-SNE", tsne),
    "umap": ("UMAP", umap),
}
"""Name in the parameters → the method's usual name, and its function."""


def draw(z: Latents, names: tuple[str, ...], seed: int) -> dict[str, Floats32]:
    """Return maps [N, 2] by their usual names; first z itself if it has two dimensions."""
    return begin(z, names, seed)()


def begin(z: Latents, names: tuple[str, ...], seed: int) -> Callable[[], dict[str, Floats32]]:
    """Begin the map that takes long, UMAP's; return a function that does the rest of `draw`."""
    # PCA needs two columns, and a z of one number has no second direction.
    wide = np.pad(z, ((0, 0), (0, max(0, 2 - z.shape[1]))))
    # t-SNE would end the process if all points were one.
    is_one_point = not np.ptp(z, axis=0).any()
    begun = None if is_one_point or "umap" not in names else _begin_umap(wide, seed)

    def finish() -> dict[str, Floats32]:
        result = {"z": z} if z.shape[1] == 2 else {}
        for name in names:
            title, function = MAPS[name]
            if is_one_point:
                result[title] = np.zeros((len(z), 2), np.float32)
            elif name == "umap" and begun is not None:
                result[title] = begun.result()
            else:
                result[title] = function(wide, seed)
        return result

    return finish
