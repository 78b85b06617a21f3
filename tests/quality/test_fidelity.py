"""The scores against formulas by hand, scipy and prdc; and what is worse scores worse."""

import numpy as np
import pytest
from prdc import compute_prdc
from scipy.linalg import sqrtm

from sonovae.quality import fidelity

CONFIDENT = np.eye(4)[np.arange(40) % 4]
"""Each of one class, all classes equally often."""
EVEN = np.full(4, 0.25)


def normal(seed: int, n: int, size: int = 8) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, size))


def test_inception_score_is_the_classes_or_one() -> None:
    assert fidelity.inception_score(CONFIDENT) == pytest.approx(4)
    assert fidelity.inception_score(np.tile(EVEN, (10, 1))) == pytest.approx(1)
    assert fidelity.inception_score(np.tile(CONFIDENT[:1], (10, 1))) == pytest.approx(1)


def test_inception_score_by_hand() -> None:
    p = np.array([[0.9, 0.1], [0.3, 0.7]], np.float32)
    each = [
        0.9 * np.log(0.9 / 0.6) + 0.1 * np.log(0.1 / 0.4),
        0.3 * np.log(0.3 / 0.6) + 0.7 * np.log(0.7 / 0.4),
    ]
    assert fidelity.inception_score(p) == pytest.approx(np.exp(np.mean(each)))


def test_modified_inception_score_is_that_over_pairs(rng: np.random.Generator) -> None:
    p = rng.dirichlet(np.ones(5), size=30)
    pairs = [(a * np.log(a / b)).sum() for a in p for b in p]
    assert fidelity.modified_inception_score(p) == pytest.approx(np.exp(np.mean(pairs)))
    assert fidelity.modified_inception_score(p[:1].repeat(9, axis=0)) == pytest.approx(1)


def test_modified_inception_score_sees_variety_within_a_class() -> None:
    one = np.tile([[0.8, 0.15, 0.05], [0.8, 0.1, 0.1]], (5, 1))
    many = np.tile([[0.98, 0.01, 0.01], [0.62, 0.29, 0.09]], (5, 1))
    assert fidelity.modified_inception_score(many) > fidelity.modified_inception_score(one) > 1


def test_am_score_by_hand() -> None:
    assert fidelity.am_score(CONFIDENT, EVEN) == pytest.approx(0)
    assert fidelity.am_score(np.tile(EVEN, (10, 1)), EVEN) == pytest.approx(np.log(4))
    p, labels = np.array([[0.9, 0.1], [0.5, 0.5]]), np.array([0.4, 0.6])
    gap = 0.4 * np.log(0.4 / 0.7) + 0.6 * np.log(0.6 / 0.3)
    entropies = [-0.9 * np.log(0.9) - 0.1 * np.log(0.1), np.log(2)]
    assert fidelity.am_score(p, labels) == pytest.approx(gap + np.mean(entropies))


def test_am_score_asks_for_the_shares_of_the_labels() -> None:
    skewed = np.array([0.7, 0.1, 0.1, 0.1])
    assert fidelity.am_score(CONFIDENT, skewed) > fidelity.am_score(CONFIDENT, EVEN)


def test_zeros_give_numbers() -> None:
    one = np.tile(CONFIDENT[:1], (3, 1))
    scores = [fidelity.modified_inception_score(CONFIDENT), fidelity.am_score(one, EVEN)]
    assert np.isfinite(scores).all()
    assert scores[0] == pytest.approx(fidelity.FLOOR**-0.75)  # three of four pairs differ
    assert fidelity.am_score(one, one[0]) == pytest.approx(0)
    assert fidelity.modified_inception_score(one) == pytest.approx(1)


def frechet(real: np.ndarray, generated: np.ndarray) -> float:
    return fidelity.frechet_distance(fidelity.gaussian(real), fidelity.gaussian(generated))


def test_frechet_distance_of_diagonal_gaussians_by_formula(rng: np.random.Generator) -> None:
    white = rng.standard_normal((500, 3))
    white = (white - white.mean(axis=0)) @ np.linalg.inv(
        np.linalg.cholesky(np.cov(white, rowvar=False))
    ).T
    real, generated = white * [1, 2, 3], white[::-1] * [2, 2, 0.5] + [1, 0, -4]
    wanted = (1 + 16) + (1 - 2) ** 2 + 0 + (3 - 0.5) ** 2
    assert frechet(real, generated) == pytest.approx(wanted)


def test_frechet_distance_is_scipys(rng: np.random.Generator) -> None:
    real = normal(1, 300, 6) @ rng.standard_normal((6, 6))
    generated = normal(2, 200, 6) @ rng.standard_normal((6, 6)) + 1
    one, other = np.cov(real, rowvar=False), np.cov(generated, rowvar=False)
    gap = real.mean(axis=0) - generated.mean(axis=0)
    wanted = gap @ gap + np.trace(one + other - 2 * sqrtm(one @ other).real)
    assert frechet(real, generated) == pytest.approx(wanted)
    assert frechet(generated, real) == pytest.approx(wanted)


def test_frechet_distance_of_fewer_items_than_dimensions() -> None:
    real, shift = normal(1, 10, 50).astype(np.float32), np.eye(50)[0] * 3
    assert frechet(real, real) == pytest.approx(0, abs=1e-9)
    assert frechet(real, real + shift) == pytest.approx(9, rel=1e-5)
    assert frechet(real, np.zeros((5, 50))) == pytest.approx(
        (real.mean(axis=0, dtype=float) ** 2).sum() + real.astype(float).var(axis=0, ddof=1).sum()
    )


def test_frechet_distance_to_a_single_item(rng: np.random.Generator) -> None:
    real = rng.normal(size=(50, 3))
    wanted = np.square(real.mean(axis=0)).sum() + np.trace(np.cov(real, rowvar=False))
    assert frechet(real, np.zeros((1, 3))) == pytest.approx(wanted)


def test_frechet_distance_in_one_dimension() -> None:
    line = np.linspace(-1, 1, 101)[:, np.newaxis]
    assert frechet(line, 2 * line + 1) == pytest.approx(1 + np.var(line, ddof=1))


@pytest.mark.parametrize("k", [1, 5])
def test_manifold_is_prdcs(k: int) -> None:
    real, generated = normal(1, 400), 0.8 * normal(2, 300) + 0.3
    found = fidelity.manifold(real, generated, k)
    assert found == pytest.approx(compute_prdc(real, generated, k))
    assert 0.05 < found["coverage"] < 0.95


def test_manifold_of_copies_has_density_one() -> None:
    """Each ball holds its own item and k − 1 others; the k-th lies on its edge, so outside."""
    real = normal(1, 300, 20)
    wanted = {"precision": 1, "recall": 1, "density": 1, "coverage": 1}
    assert fidelity.manifold(real, real[::-1].copy(), 5) == wanted


def test_manifold_tells_collapse_from_scatter() -> None:
    real, same = normal(1, 400), fidelity.manifold(normal(1, 400), normal(2, 400), 5)
    collapsed = fidelity.manifold(real, 0.05 * normal(2, 400), 5)
    scattered = fidelity.manifold(real, 3 * normal(2, 400), 5)
    assert collapsed["recall"] < 0.05 < collapsed["precision"]
    assert collapsed["coverage"] < 0.3 < 0.8 < same["coverage"]
    assert scattered["precision"] < 0.2 < 0.8 < same["precision"]
    assert scattered["density"] < 0.1 < 0.8 < same["density"]


def test_manifold_of_very_few() -> None:
    real = normal(1, 20)
    assert fidelity.manifold(real, real[:3], 5) == fidelity.manifold(real, real[:3], 2)


def test_a_twentieth_of_bins_differ_by_chance() -> None:
    shares = [
        fidelity.bins(normal(seed, 2000), 50, seed).different(normal(100 + seed, 500))
        for seed in range(8)
    ]
    assert 0.02 < np.mean(shares) < 0.08


def test_nearly_all_bins_differ_from_a_collapsed_set() -> None:
    train = normal(1, 2000)
    assert fidelity.bins(train, 50, 1).different(train[:1] + 0.01 * normal(2, 2000)) > 0.95


def test_bins_are_of_what_the_standard_deviations_make_equal() -> None:
    """The wide dimension would hide the narrow one, in which half is missing."""
    scales = np.array([1000.0, 1.0])
    train, generated = normal(1, 2000, 2), normal(2, 2000, 2)
    halved = np.where([False, True], np.abs(generated), generated)
    found = fidelity.bins(train * scales, 20, 1).different(halved * scales)
    assert found == fidelity.bins(train, 20, 1).different(halved) > 0.8
    assert fidelity.bins(train * scales, 20, 1).different(generated * scales) < 0.2


def test_bins_that_differ_are_the_z_tests() -> None:
    """40 of 100 against 54 of 100 is z = 1.98, 53 is 1.84."""
    train = np.repeat([[0.0], [9.0]], [40, 60], axis=0)
    shares = [
        fidelity.bins(train, 2, 1).different(np.repeat([[0.0], [9.0]], [n, 100 - n], axis=0))
        for n in (53, 54)
    ]
    assert shares == [0, 1]


def test_few_items_have_few_bins() -> None:
    train, far = normal(1, 30), normal(2, 30) + 100
    assert fidelity.bins(train, 100, 1).different(far) in {1 / 3, 2 / 3, 1.0}
    assert fidelity.bins(train[:5], 100, 1).different(far) in {0.0, 0.5, 1.0}


def test_bins_of_constant_features() -> None:
    train = normal(1, 200) * [1, 1, 1, 1, 0, 0, 0, 0] + 0.1
    assert fidelity.bins(train, 10, 1).different(train) == 0
    assert fidelity.bins(np.full((50, 3), 0.1), 10, 1).different(np.full((9, 3), 0.1)) == 0


def test_bins_are_the_seeds() -> None:
    pair = normal(1, 500), 1.2 * normal(2, 300)
    found = [fidelity.bins(pair[0], 30, 1).different(pair[1]) for _ in range(2)]
    assert found[0] == found[1]


def test_noise_is_worse_in_every_score() -> None:
    """A classifier whose classes are directions; noise lies around the middle, undecided."""
    centres = 6 * np.eye(8)[:4]
    train, real = (centres[np.arange(600) % 4] + normal(seed, 600) for seed in (1, 2))
    good, noise = centres[np.arange(400) % 4] + normal(3, 400), 1.5 + 0.5 * normal(4, 400)

    def classify(items: np.ndarray) -> np.ndarray:
        odds = np.exp(items @ centres.T / 6)
        return odds / odds.sum(axis=1, keepdims=True)

    better, worse = classify(good), classify(noise)
    assert fidelity.inception_score(better) > 2 * fidelity.inception_score(worse)
    assert fidelity.modified_inception_score(better) > 2 * fidelity.modified_inception_score(worse)
    assert fidelity.am_score(better, EVEN) < 0.5 * fidelity.am_score(worse, EVEN)
    assert frechet(real, good) < 0.1 * frechet(real, noise)
    assert (
        fidelity.bins(train, 30, 1).different(good)
        < 0.2
        < 0.9
        < fidelity.bins(train, 30, 1).different(noise)
    )
    high, low = (fidelity.manifold(real, items, 5) for items in (good, noise))
    assert all(high[name] > low[name] + 0.3 for name in high)
