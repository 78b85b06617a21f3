from pathlib import Path

import numpy as np
import pytest

from sonovae import latent, networks, params
from sonovae.errors import UserError
from sonovae.latent import Density, Posterior
from sonovae.params.sections import Generate


def posterior(rng: np.random.Generator, n: int = 20_000) -> Posterior:
    mean = rng.multivariate_normal([1, -2], [[2, 0.8], [0.8, 1]], n).astype(np.float32)
    return Posterior(mean, np.full_like(mean, np.log(0.25)))


def test_density_has_the_moments_of_draws_from_the_posteriors(rng: np.random.Generator) -> None:
    p = posterior(rng)
    density, draws = latent.fit(p), p.sample(rng)
    np.testing.assert_allclose(density.means[0], draws.mean(axis=0), atol=0.03)
    np.testing.assert_allclose(density.covariances[0], np.cov(draws, rowvar=False), atol=0.06)


def test_draws_have_the_densitys_moments(rng: np.random.Generator) -> None:
    density = latent.fit(posterior(rng))
    z = density.sample(50_000, rng)
    np.testing.assert_allclose(z.mean(axis=0), density.means[0], atol=0.03)
    np.testing.assert_allclose(np.cov(z, rowvar=False), density.covariances[0], atol=0.06)


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
    np.testing.assert_array_equal(back.means, density.means)
    np.testing.assert_array_equal(back.covariances, density.covariances)


def test_kl_of_the_prior_is_zero_and_of_half_by_hand(rng: np.random.Generator) -> None:
    zeros, halves = np.zeros((1, 2), np.float32), np.full((1, 2), 0.5, np.float32)
    prior = latent.standard_normal(2)
    assert latent.kl_divergence(Posterior(zeros, zeros), prior, rng) == 0
    found = latent.kl_divergence(Posterior(halves, np.log(halves**2)), prior, rng)
    assert found == pytest.approx(2 * 0.4431, abs=1e-4)


def test_kl_to_a_mixture_of_equal_halves_is_that_to_one(rng: np.random.Generator) -> None:
    p, one = posterior(rng, 2000), latent.standard_normal(2)
    twice = Density(np.repeat(one.means, 2, axis=0), np.repeat(one.covariances, 2, axis=0))
    exact = latent.kl_divergence(p, one, rng).mean()
    assert latent.kl_divergence(p, twice, rng).mean() == pytest.approx(exact, rel=0.02)


def test_kl_to_another_gaussian_is_not_that_to_the_standard_one(rng: np.random.Generator) -> None:
    threes = Posterior(np.full((500, 2), 3, np.float32), np.zeros((500, 2), np.float32))
    moved = Density(np.full((1, 2), 3.0), np.eye(2)[np.newaxis])
    assert latent.kl_divergence(threes, moved, rng) == pytest.approx(0, abs=1e-6)
    assert latent.kl_divergence(threes, latent.standard_normal(2), rng) == pytest.approx(9)


def test_log_density_integrates_to_one() -> None:
    mixture = Density(np.array([[-2.0, 0], [1, 1]]), np.array([[[1, 0.5], [0.5, 1]], [[0.2, 0], [0, 0.5]]]))
    axis = np.linspace(-8, 8, 321)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    assert np.exp(mixture.log_density(grid)).sum() * 0.05**2 == pytest.approx(1, abs=1e-3)


def test_draws_of_a_mixture_are_near_its_means_and_the_first_stay(rng: np.random.Generator) -> None:
    mixture = Density(np.array([[-9.0, 0], [9, 0]]), np.stack([0.01 * np.eye(2)] * 2))
    z = mixture.sample(400, np.random.default_rng(3))
    assert 150 < (z[:, 0] > 0).sum() < 250
    np.testing.assert_allclose(np.abs(z[:, 0]), 9, atol=0.6)
    np.testing.assert_array_equal(mixture.sample(7, np.random.default_rng(3)), z[:7])


def test_a_dimension_that_does_not_vary_is_drawn_so(rng: np.random.Generator) -> None:
    mean = np.stack([rng.normal(size=50), np.full(50, 3.0)], axis=1).astype(np.float32)
    z = latent.fit(Posterior(mean, np.full_like(mean, -np.inf))).sample(10, rng)
    np.testing.assert_allclose(z[:, 1], 3, atol=1e-5)
    assert np.std(z[:, 0]) > 0.1


def space(rng: np.random.Generator, prior: Density | None) -> latent.Space:
    p = posterior(rng, 100)
    return latent.Space(prior, latent.fit(p), latent.class_means(p, ["a", "b"] * 49 + ["", ""]))


def where(**changes: object) -> Generate:
    same = {"seed": 1, "sounds": 5, "from": "density", "label": None, "label_scale": 0.5}
    return params.parse(same | {"griffin_lim": {"iterations": 1, "momentum": 0}} | changes, Generate)


def test_around_a_class(rng: np.random.Generator) -> None:
    known = space(rng, None)
    assert list(known.classes) == ["a", "b"]
    z = latent.draw(known, where(label="b"), 5, np.random.default_rng(1))
    assert z.shape == (5, 2)
    assert np.abs(z - known.classes["b"]).max() <= 0.5
    assert len(np.unique(z)) == 10


def test_a_label_that_yaml_takes_for_a_number() -> None:
    assert where(label=7).label == "7"


def test_places_that_are_not_there(rng: np.random.Generator) -> None:
    with pytest.raises(UserError, match="generate.label = 'c': the model knows a, b"):
        latent.draw(space(rng, None), where(label="c"), 5, rng)
    with pytest.raises(UserError, match="generate.from = prior: a plain autoencoder has none"):
        latent.draw(space(rng, None), where(**{"from": "prior"}), 5, rng)


class Doubler:
    """A decoder that remembers the sizes of its batches."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def predict_on_batch(self, z: np.ndarray) -> np.ndarray:
        self.sizes.append(len(z))
        return 2 * z


def test_batches_are_of_one_size_and_every_row_comes_back(rng: np.random.Generator) -> None:
    z, decoder = rng.normal(size=(10, 3)).astype(np.float32), Doubler()
    np.testing.assert_array_equal(networks.predict(decoder, z, size=4)[0], 2 * z)
    assert decoder.sizes == [4, 4, 4]


def test_traverse_moves_one_dimension_by_its_standard_deviation() -> None:
    density = Density(np.array([[1.0, 2, 3]]), np.diag([1.0, 4, 9])[np.newaxis])
    z = latent.traverse(density, 1, np.array([-1.0, 0, 2]))
    np.testing.assert_allclose(z, [[1, 0, 3], [1, 2, 3], [1, 6, 3]])
