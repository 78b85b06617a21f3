"""Networks that begin as probabilistic PCA, held against scikit-learn's."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from sklearn.decomposition import PCA

from sonovae import params
from sonovae.model import latent, networks
from sonovae.params.layers import Layers
from sonovae.training import initialization
from tests.making.pictures import BACK, THERE, on_disk

Pair = tuple[keras.Model, keras.Model]


def made(rng: np.random.Generator, n: int, shape: tuple[int, int] = (8, 8)) -> np.ndarray:
    """Pictures of three components and some noise."""
    parts = rng.normal(0.5, 0.2, size=(3, *shape))
    return (
        np.einsum("nk,kij->nij", rng.normal(size=(n, 3)), parts) + rng.normal(0, 0.05, (n, *shape))
    ).astype("f4")


def begun(folder: Path, pictures: np.ndarray, size: int, prior: str = "normal") -> Pair:
    both = (params.parse(side, Layers) for side in (THERE, BACK))
    encoder, decoder = networks.build(pictures.shape[1:], *both, size, prior)
    initialization.as_pca(encoder, decoder, on_disk(folder, pictures), seed=0)
    return encoder, decoder


def elbo(encoder: Any, decoder: Any, x: np.ndarray, noise: float) -> float:
    """Nats a clip, with the expectation over z in closed form, as the decoder is linear."""
    q = latent.encode(encoder, x)
    w = decoder.get_layer(networks.PROJECT).get_weights()[0].astype(float)
    error = (latent.decode(decoder, q.mean).astype(float) - x) ** 2
    spread = (np.exp(q.log_var.astype(float)) * (w**2).sum(axis=1)).sum(axis=1)
    pixels = x[0].size
    likelihood = -0.5 * (
        (error.sum(axis=(1, 2)) + spread) / noise + pixels * np.log(2 * np.pi * noise)
    )
    return float((likelihood - latent.kl_to_standard_normal(q).sum(axis=1)).mean())


def test_its_bound_is_tight(rng: np.random.Generator, tmp_path: Path) -> None:
    """The posterior is exact, so the lower bound is scikit-learn's log-likelihood."""
    pictures = made(rng, 500)
    wanted = PCA(3, svd_solver="full").fit(pictures.reshape(500, -1).astype(float))
    networks_of = begun(tmp_path, pictures, 3)
    assert elbo(*networks_of, pictures, wanted.noise_variance_) == pytest.approx(
        wanted.score(pictures.reshape(500, -1)), abs=0.02
    )
    assert (
        elbo(*networks_of, pictures, 2 * wanted.noise_variance_)
        < wanted.score(pictures.reshape(500, -1)) - 1
    )


@pytest.mark.parametrize("shape", [(8, 8), (15, 13)])
@pytest.mark.parametrize("prior", ["normal", "none"])
def test_it_brings_back_what_pca_does(
    rng: np.random.Generator, tmp_path: Path, shape: tuple[int, int], prior: str
) -> None:
    pictures = made(rng, 300, shape)
    exact = PCA(3, svd_solver="full").fit(pictures.reshape(300, -1))
    wanted = exact.inverse_transform(exact.transform(pictures.reshape(300, -1))).reshape(
        pictures.shape
    )
    found = latent.reconstruct(*begun(tmp_path, pictures, 3, prior), pictures)
    assert np.abs(found - wanted).max() < 0.01
    assert np.abs(pictures.mean(axis=0) - wanted).max() > 0.1


def test_numbers_that_few_clips_do_not_fill_are_the_priors(
    rng: np.random.Generator, tmp_path: Path
) -> None:
    pictures = made(rng, 5)
    encoder, decoder = begun(tmp_path, pictures, 8)
    assert np.abs(latent.reconstruct(encoder, decoder, pictures) - pictures).max() < 0.01
    found = latent.kl_by_dim(latent.encode(encoder, pictures), 8)
    np.testing.assert_allclose(found[5:], 0, atol=1e-5)
