import numpy as np
import pytest

from sonovae.distributions import density
from sonovae.model import latent, networks
from sonovae.model.latent import Posterior
from tests.making.densities import standard_normal


def posterior(rng: np.random.Generator, n: int = 20_000) -> Posterior:
    mean = rng.multivariate_normal([1, -2], [[2, 0.8], [0.8, 1]], n).astype(np.float32)
    return Posterior(mean, np.full_like(mean, np.log(0.25)))


def test_density_has_the_moments_of_draws_from_the_posteriors(rng: np.random.Generator) -> None:
    p, others = posterior(rng), posterior(rng, 2000)
    found, draws = latent.fit(p, [""] * len(p.mean), others, seed=1), p.sample(rng)
    np.testing.assert_allclose(found.mean, draws.mean(axis=0), atol=0.03)
    np.testing.assert_allclose(found.variance, draws.var(axis=0), atol=0.06)


def test_kl_of_the_prior_is_zero_and_of_half_by_hand(rng: np.random.Generator) -> None:
    zeros, halves = np.zeros((1, 2), np.float32), np.full((1, 2), 0.5, np.float32)
    prior = standard_normal(2)
    assert latent.kl_divergence(Posterior(zeros, zeros), prior, rng) == 0
    found = latent.kl_divergence(Posterior(halves, np.log(halves**2)), prior, rng)
    assert found == pytest.approx(2 * 0.4431, abs=1e-4)


def test_kl_to_a_mixture_of_equal_halves_is_that_to_one(rng: np.random.Generator) -> None:
    p, one = posterior(rng, 2000), standard_normal(2)
    twice = density.diagonal(np.zeros((2, 2)), np.ones((2, 2)))
    exact = latent.kl_divergence(p, one, rng).mean()
    assert latent.kl_divergence(p, twice, rng).mean() == pytest.approx(exact, rel=0.02)


def test_kl_to_another_gaussian_is_not_that_to_the_standard_one(rng: np.random.Generator) -> None:
    threes = Posterior(np.full((500, 2), 3, np.float32), np.zeros((500, 2), np.float32))
    moved = density.diagonal(np.full((1, 2), 3.0), np.ones((1, 2)))
    assert latent.kl_divergence(threes, moved, rng) == pytest.approx(0, abs=1e-6)
    assert latent.kl_divergence(threes, standard_normal(2), rng) == pytest.approx(9)


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
    some = density.diagonal(np.array([[1.0, 2, 3]]), np.array([[1.0, 2, 3]]))
    z = latent.traverse(some, 1, np.array([-1.0, 0, 2]), 3)
    np.testing.assert_allclose(z, [[1, 0, 3], [1, 2, 3], [1, 6, 3]])


def test_traverse_moves_one_channel_of_a_sequence_in_all_frames() -> None:
    some = density.diagonal(np.array([[1.0, 2, 3, 4]]), np.array([[1.0, 2, 3, 4]]))
    z = latent.traverse(some, 1, np.array([-1.0, 1]), 2)
    np.testing.assert_allclose(z, [[1, 0, 3, 0], [1, 4, 3, 8]])
