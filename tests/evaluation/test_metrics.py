"""Numbers of clips against oracles, and intervals that hold what they say."""

import numpy as np
import pytest
from scipy.stats import norm

from sonovae.evaluation import metrics


@pytest.fixture
def pair(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return rng.random((6, 5, 4), np.float32), rng.random((6, 5, 4), np.float32)


def test_squared_error_is_of_each_clip(pair: tuple[np.ndarray, np.ndarray]) -> None:
    one, other = pair
    found = metrics.squared_error(one, other)
    assert found.shape == (6,)
    assert found[2] == pytest.approx(np.mean((one[2] - other[2]) ** 2))


def test_log_spectral_distance_of_a_constant_shift(pair: tuple[np.ndarray, np.ndarray]) -> None:
    one, _ = pair
    np.testing.assert_allclose(metrics.log_spectral_distance(one, one - 3), 3, rtol=1e-5)
    half = one.copy()
    half[:, :, :2] += 4  # in half of the frames
    np.testing.assert_allclose(metrics.log_spectral_distance(one, half), 2, rtol=1e-5)


def test_spectral_convergence_of_a_tenth(rng: np.random.Generator) -> None:
    decibels = rng.uniform(-60, 0, (3, 5, 4))
    louder = decibels + 20 * np.log10(1.1)
    np.testing.assert_allclose(metrics.spectral_convergence(decibels, louder), -20, atol=1e-6)
    assert metrics.spectral_convergence(decibels, decibels).max() <= -200


def test_labels_that_lie_apart_are_told_apart(rng: np.random.Generator) -> None:
    """Silhouette by hand: a is the mean distance within a label, b that to the other label."""
    train, labels = rng.normal(size=(40, 3)).astype(np.float32), ["a", "b"] * 20
    apart = train + 9 * np.array([[x == "a"] for x in labels])
    found = metrics.class_separation(apart[:20], labels[:20], apart[20:], labels[20:])
    z, at = apart[20:], np.array(labels[20:])
    far = np.linalg.norm(z[:, None] - z[None], axis=2)
    a = [far[i][at == at[i]].sum() / 9 for i in range(20)]
    b = [far[i][at != at[i]].mean() for i in range(20)]
    assert found["silhouette"] == pytest.approx(
        np.mean((np.array(b) - a) / np.maximum(a, b)), rel=1e-5
    )
    assert found["neighbour_accuracy"] == 1
    mixed = metrics.class_separation(train[:20], labels[:20], train[20:], labels[20:])
    assert abs(mixed["silhouette"]) < 0.2
    assert metrics.class_separation(train, labels, train[:3], ["a", "a", "a"]) == {}


def test_elbo_is_the_gaussians_log_density_less_the_kl(pair: tuple[np.ndarray, np.ndarray]) -> None:
    one, other = pair
    kl = np.arange(6.0)
    wanted = norm(other, 0.2).logpdf(one).sum(axis=(1, 2)) - kl
    found = metrics.elbo(metrics.squared_error(one, other), kl, variance=0.04, pixels=20)
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_rounded_to_six_digits() -> None:
    assert metrics.rounded({"test": {"mse": 0.00123456789, "n": 3}, "end": 123.456789}) == {
        "test": {"mse": 0.00123457, "n": 3},
        "end": 123.457,
    }
