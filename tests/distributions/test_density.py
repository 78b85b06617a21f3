from pathlib import Path

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.mixture import GaussianMixture

from sonovae.distributions import density
from sonovae.distributions.density import Density


def pair(**changes: object) -> Density:
    """Two Gaussians far apart, of other shapes."""
    same: dict[str, object] = {
        "weights": np.array([0.25, 0.75]),
        "means": np.array([[-9.0, 0], [9, 1]]),
        "covariances": np.array([[[1, 0.5], [0.5, 1]], [[0.2, 0], [0, 0.5]]]),
        "labels": np.array(["left", "right"]),
    }
    return Density(**(same | changes))  # type: ignore[arg-type]


def crowds(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """n points [n, 3] of each of two labels, of which one is in three crowds of its own."""
    ones = rng.normal(0, 0.5, (n, 3))
    threes = rng.normal(0, 0.5, (n, 3)) + rng.choice([-6, 0, 6], n)[:, np.newaxis] + [0, 20, 0]
    return np.concatenate([ones, threes]).astype(np.float32), np.repeat(["one", "three"], n)


def test_draws_have_the_densitys_moments(rng: np.random.Generator) -> None:
    z = pair().sample(100_000, rng)
    np.testing.assert_allclose(z.mean(axis=0), pair().mean, atol=0.08)
    np.testing.assert_allclose(z.var(axis=0), pair().variance, rtol=0.02)
    right = z[z[:, 0] > 0]
    assert len(right) / len(z) == pytest.approx(0.75, abs=0.01)
    np.testing.assert_allclose(np.cov(right, rowvar=False), pair().covariances[1], atol=0.02)


def test_draws_are_the_seeds_and_the_first_stay() -> None:
    draws = [pair().sample(n, np.random.default_rng(seed)) for n, seed in ((7, 1), (4, 1), (4, 2))]
    np.testing.assert_array_equal(draws[0][:4], draws[1])
    assert not np.array_equal(draws[1], draws[2])


@pytest.mark.parametrize("shared", [False, True])
def test_log_density_is_scipys(shared: bool, rng: np.random.Generator) -> None:
    some = pair(covariances=pair().covariances[:1]) if shared else pair()
    z, covariances = rng.normal(scale=6, size=(50, 2)), [some.covariances[0], some.covariances[-1]]
    each = [
        w * multivariate_normal(m, c).pdf(z)
        for w, m, c in zip(some.weights, some.means, covariances, strict=True)
    ]
    np.testing.assert_allclose(some.log_density(z), np.log(sum(each)), rtol=1e-6)


def test_that_of_a_label(rng: np.random.Generator) -> None:
    assert pair().names == ["left", "right"]
    right = pair().of("right")
    np.testing.assert_array_equal(right.weights, [1])
    np.testing.assert_array_equal(right.mean, [9, 1])
    np.testing.assert_array_equal(right.covariances, pair().covariances[1:])
    assert (right.sample(100, rng)[:, 0] > 0).all()


def test_save_and_load(tmp_path: Path) -> None:
    pair().save(tmp_path / "density.npz")
    back = density.load(tmp_path / "density.npz")
    for name in ("weights", "means", "covariances", "labels"):
        np.testing.assert_array_equal(getattr(back, name), getattr(pair(), name))


def test_one_gaussian_has_the_moments_of_the_aggregate_posterior(rng: np.random.Generator) -> None:
    """One Gaussian, if more are not likelier: covariance of the means plus variance around them."""
    means = rng.multivariate_normal([1, -2], [[2, 0.8], [0.8, 1]], 5000).astype(np.float32)
    held_out = rng.multivariate_normal([1, -2], [[2.25, 0.8], [0.8, 1.25]], 5000).astype(np.float32)
    found = density.fit(means, np.array([0.25, 0.25]), [""] * 5000, held_out, seed=1)
    assert len(found.means) == 1
    assert found.names == []
    np.testing.assert_allclose(found.mean, means.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(
        found.covariances[0], np.cov(means, rowvar=False) + 0.25 * np.eye(2), atol=1e-3
    )


def test_crowds_are_found_label_by_label(rng: np.random.Generator) -> None:
    (z, labels), (held_out, wanted) = crowds(rng, 400), crowds(rng, 200)
    found = density.fit(z, np.zeros(3), labels.tolist(), held_out, seed=1)
    assert found.names == ["one", "three"]
    assert found.weights.sum() == pytest.approx(1)
    assert (found.labels == "three").sum() >= 3
    for name in found.names:
        drawn = found.of(name).sample(200, rng)
        assert ((drawn[:, 1] > 8) == (name == "three")).all()
        np.testing.assert_allclose(
            drawn.mean(axis=0), held_out[wanted == name].mean(axis=0), atol=1.5
        )


def test_it_is_likelier_than_one_gaussian_and_near_scikit_learns_mixture(
    rng: np.random.Generator,
) -> None:
    (z, labels), (held_out, _) = crowds(rng, 400), crowds(rng, 200)
    found = (
        density.fit(z, np.zeros(3), labels.tolist(), held_out, seed=1).log_density(held_out).mean()
    )
    one, four = (GaussianMixture(k, random_state=1).fit(z).score(held_out) for k in (1, 4))
    assert found > one + 1
    assert found > four - 0.3


def test_equal_fits_have_equal_bytes(tmp_path: Path, rng: np.random.Generator) -> None:
    z, labels = crowds(rng, 200)
    for name in ("a.npz", "b.npz"):
        density.fit(z, np.full(3, 0.1), labels.tolist(), z[::7], seed=1).save(tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_a_dimension_that_does_not_vary_is_drawn_so(rng: np.random.Generator) -> None:
    mean = np.stack([rng.normal(size=50), np.full(50, 3.0)], axis=1).astype(np.float32)
    z = density.fit(mean, np.zeros(2), [""] * 50, mean[:9], seed=1).sample(10, rng)
    np.testing.assert_allclose(z[:, 1], 3, atol=1e-5)
    assert np.std(z[:, 0]) > 0.1


def test_clips_that_are_all_alike(rng: np.random.Generator) -> None:
    same = np.ones((6, 2), np.float32)
    found = density.fit(same, np.zeros(2), ["a"] * 3 + ["b"] * 3, same, seed=1)
    np.testing.assert_allclose(found.sample(4, rng), 1, atol=1e-5)


def test_one_dimension(rng: np.random.Generator) -> None:
    z = rng.normal(size=(50, 1)).astype(np.float32)
    assert density.fit(z, np.ones(1), [""] * 50, z, seed=1).sample(3, rng).shape == (3, 1)
