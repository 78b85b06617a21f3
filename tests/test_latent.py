from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import PCA

from sonovae import latent, metrics
from sonovae.latent import Posterior


def posterior(rng: np.random.Generator, n: int = 20_000) -> Posterior:
    mean = rng.multivariate_normal([1, -2], [[2, 0.8], [0.8, 1]], n).astype(np.float32)
    return Posterior(mean, np.full_like(mean, np.log(0.25)))


def test_density_has_the_moments_of_draws_from_the_posteriors(rng: np.random.Generator) -> None:
    p = posterior(rng)
    density, draws = latent.fit(p), p.sample(rng)
    np.testing.assert_allclose(density.mean, draws.mean(axis=0), atol=0.03)
    np.testing.assert_allclose(density.covariance, np.cov(draws, rowvar=False), atol=0.06)


def test_draws_have_the_densitys_moments(rng: np.random.Generator) -> None:
    density = latent.fit(posterior(rng))
    z = density.sample(50_000, rng)
    np.testing.assert_allclose(z.mean(axis=0), density.mean, atol=0.03)
    np.testing.assert_allclose(np.cov(z, rowvar=False), density.covariance, atol=0.06)


def test_draws_are_the_seeds() -> None:
    density = latent.standard_normal(3)
    draws = [density.sample(4, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[0], draws[2])


def test_one_dimension(rng: np.random.Generator) -> None:
    p = Posterior(rng.normal(size=(50, 1)).astype(np.float32), np.zeros((50, 1), np.float32))
    assert latent.fit(p).sample(3, rng).shape == (3, 1)


def test_density_save_and_load(tmp_path: Path, rng: np.random.Generator) -> None:
    density = latent.fit(posterior(rng))
    density.save(tmp_path / "density.npz")
    back = latent.load_density(tmp_path / "density.npz")
    np.testing.assert_array_equal(back.mean, density.mean)
    np.testing.assert_array_equal(back.covariance, density.covariance)


def test_kl_of_the_prior_is_zero_and_of_half_by_hand() -> None:
    zeros, halves = np.zeros((1, 2), np.float32), np.full((1, 2), 0.5, np.float32)
    assert Posterior(zeros, zeros).kl().tolist() == [[0, 0]]
    assert Posterior(halves, np.log(halves**2)).kl()[0] == pytest.approx([0.4431, 0.4431], abs=1e-4)


class Doubler:
    """A decoder that remembers the sizes of its batches."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def predict_on_batch(self, z: np.ndarray) -> np.ndarray:
        self.sizes.append(len(z))
        return 2 * z


def test_batches_are_of_one_size_and_every_row_comes_back(rng: np.random.Generator) -> None:
    z, decoder = rng.normal(size=(10, 3)).astype(np.float32), Doubler()
    np.testing.assert_array_equal(latent.decode(decoder, z, batch_size=4), 2 * z)
    assert decoder.sizes == [4, 4, 4]


def test_floors(rng: np.random.Generator) -> None:
    basis = rng.normal(size=(3, 4, 5))
    pictures = np.einsum("nk,kij->nij", rng.normal(size=(60, 3)), basis).astype(np.float32)
    train, test = pictures[:50], pictures[50:]
    assert metrics.mean_picture_floor(train, test) == pytest.approx(((test - train.mean(axis=0)) ** 2).mean(), rel=1e-5)
    assert metrics.pca_floor(train, test, 3, seed=0) == pytest.approx(0, abs=1e-6)
    exact = PCA(2, svd_solver="full").fit(train.reshape(50, -1))
    flat = test.reshape(10, -1)
    wanted = ((exact.inverse_transform(exact.transform(flat)) - flat) ** 2).mean()
    assert metrics.pca_floor(train, test, 2, seed=0) == pytest.approx(wanted, rel=1e-3)


def test_pca_has_no_more_components_than_clips(rng: np.random.Generator) -> None:
    few = rng.uniform(size=(5, 4, 4)).astype(np.float32)
    assert np.isfinite(metrics.pca_floor(few, few, components=64, seed=0))


def test_rounded_to_six_digits() -> None:
    assert metrics.rounded({"test": {"mse": 0.00123456789, "kl": 123.456789}}) == {
        "test": {"mse": 0.00123457, "kl": 123.457}
    }
