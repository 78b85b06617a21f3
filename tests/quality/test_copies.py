"""Planted copies are found, and what is new is not taken for one."""

import math

import numpy as np
import pytest

from sonovae.quality import copies


def drawn(seed: int, n: int, size: int = 16) -> np.ndarray:
    """Draws of one distribution, in correlated features."""
    mix = np.random.default_rng(99).standard_normal((size, size))
    return np.random.default_rng(seed).standard_normal((n, size)) @ mix


TRAIN, TEST = drawn(1, 1000), drawn(2, 150)


def noise(scale: float, like: np.ndarray) -> np.ndarray:
    """In steps as long as `scale` times a test item's median distance to training."""
    steps = np.random.default_rng(5).standard_normal(like.shape)
    length = scale * np.median(copies.nearest(TEST, TRAIN)[0])
    return length * steps / np.linalg.norm(steps, axis=1, keepdims=True)


def planted(scale: float) -> tuple[np.ndarray, np.ndarray]:
    """200 new items and ten copies with noise among them, and which those are."""
    items, which = drawn(3, 210), np.zeros(210, bool)
    which[5:105:10] = True
    items[which] = TRAIN[100:200:10] + noise(scale, items[which])
    return items, which


def test_nearest_by_hand() -> None:
    among = np.array([[0, 0], [3, 4], [10, 0]], np.float32)
    distances, indices = copies.nearest(
        np.array([[0, 1], [3, 4], [9, 0], [6, 8]], np.float32), among
    )
    np.testing.assert_allclose(distances, [1, 0, 1, 5])
    np.testing.assert_array_equal(indices, [0, 1, 2, 1])


@pytest.mark.parametrize("size", [2, 40])
def test_nearest_is_that_of_all_distances(size: int) -> None:
    items, among = drawn(1, 60, size), drawn(2, 80, size)
    everything = np.linalg.norm(items[:, np.newaxis] - among, axis=2)
    distances, indices = copies.nearest(items, among)
    np.testing.assert_allclose(distances, everything.min(axis=1))
    np.testing.assert_array_equal(indices, everything.argmin(axis=1))


def test_ratio_of_new_items_is_one_and_of_copies_zero() -> None:
    assert copies.ratio(drawn(3, 300), TEST, TRAIN) == pytest.approx(1, abs=0.1)
    assert copies.ratio(TRAIN[:100], TEST, TRAIN) == pytest.approx(0, abs=1e-6)
    assert copies.ratio(TRAIN[:100] + noise(0.1, TRAIN[:100]), TEST, TRAIN) == pytest.approx(
        0.1, abs=0.01
    )
    assert copies.ratio(5 * drawn(3, 300), TEST, TRAIN) > 2


def test_ratio_says_nothing_where_the_test_split_is_in_training() -> None:
    train = np.arange(24, dtype=np.float32).reshape(12, 2)
    assert math.isnan(copies.ratio(train + 0.5, train[:5], train))


@pytest.mark.parametrize("scale", [0, 0.01, 0.1, 0.2])
def test_planted_copies_are_flagged_and_nothing_else(scale: float) -> None:
    items, which = planted(scale)
    np.testing.assert_array_equal(copies.flagged(items, TEST, TRAIN), which)


@pytest.mark.parametrize("seed", range(10, 15))
def test_no_fresh_draw_is_flagged(seed: int) -> None:
    assert not copies.flagged(drawn(seed, 300), TEST, TRAIN).any()


def test_noise_that_is_no_copy_any_more_is_not_flagged() -> None:
    assert not copies.flagged(TRAIN[:100] + noise(1, TRAIN[:100]), TEST, TRAIN).any()


def test_near_duplicates_in_the_test_split_hide_no_copy() -> None:
    items, which = planted(0.1)
    test = np.concatenate([TEST[9:], TRAIN[:9]])  # 6 %
    np.testing.assert_array_equal(copies.flagged(items, test, TRAIN), which)


def test_a_test_split_out_of_training_flags_nothing() -> None:
    assert not copies.flagged(TRAIN[:50], TRAIN[50:100], np.repeat(TRAIN, 10, axis=0)).any()


def test_a_dense_corner_is_not_taken_for_copies() -> None:
    """Near silence, a twelfth of all, is no copy; one distance for all would flag it."""

    def quiet(items: np.ndarray) -> np.ndarray:
        return items * np.where(np.arange(len(items)) % 12, 1, 0.02)[:, np.newaxis]

    train, test, fresh = quiet(TRAIN), quiet(TEST), quiet(drawn(4, 300))
    distances, limit = (
        copies.nearest(fresh, train)[0],
        np.quantile(copies.nearest(test, train)[0], copies.QUANTILE),
    )
    assert (distances < copies.FACTOR * limit).mean() > 0.08
    assert not copies.flagged(fresh, test, train).any()
    assert copies.flagged(train[:50] + 0.001 * noise(1, train[:50]), test, train).all()


def test_a_copy_of_what_training_holds_several_times() -> None:
    train = np.concatenate([TRAIN, *(TRAIN[:50] + noise(0.02, TRAIN[:50]) for _ in range(3))])
    assert copies.flagged(TRAIN[:50] + noise(0.05, TRAIN[:50]), TEST, train).all()


def test_fewer_training_items_than_neighbours() -> None:
    train = np.eye(4)
    np.testing.assert_array_equal(copies.flagged(train[:1] + 0.01, 2 * train, train), [True])
    assert not copies.flagged(-train, 2 * train, train).any()
