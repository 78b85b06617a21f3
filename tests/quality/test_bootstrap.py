"""Intervals cover the truth, and clips of one group count once."""

import numpy as np
import pytest

from sonovae.quality import bootstrap


def mean_of(values: np.ndarray) -> object:
    return lambda rows: {"mean": float(values[rows].mean())}


def test_intervals_hold_the_true_mean_about_19_times_in_20(rng: np.random.Generator) -> None:
    hits = 0
    for seed in range(200):
        values = rng.normal(3, 1, 60)
        low, high = bootstrap.intervals(mean_of(values), [str(i) for i in range(60)], 200, seed)[
            "mean"
        ]
        hits += low < 3 < high
    assert 175 <= hits <= 199


def test_clips_of_a_group_count_once(rng: np.random.Generator) -> None:
    """Ten equal clips of each group say no more than one; drawn by clip they would seem to."""
    values = np.repeat(rng.normal(size=20), 10)
    groups = [str(i // 10) for i in range(200)]
    low, high = bootstrap.intervals(mean_of(values), groups, 400, 1)["mean"]
    narrow = bootstrap.intervals(mean_of(values), [str(i) for i in range(200)], 400, 1)["mean"]
    once = bootstrap.intervals(mean_of(values[::10]), groups[::10], 400, 1)["mean"]
    assert high - low == pytest.approx(once[1] - once[0], rel=0.05)
    assert high - low > 2 * (narrow[1] - narrow[0])


def test_one_group_has_no_interval(rng: np.random.Generator) -> None:
    assert bootstrap.intervals(mean_of(rng.random(9)), ["same"] * 9, 20, 1) == {}


def test_the_bias_of_drawing_again_is_taken_off(rng: np.random.Generator) -> None:
    """Values that come twice are fewer distinct ones; the interval still covers the truth."""
    values = rng.random(50)

    def distinct(rows: np.ndarray) -> dict[str, float]:
        return {"distinct": float(len(set(values[rows])))}

    low, high = bootstrap.intervals(distinct, [str(i) for i in range(50)], 100, 1)["distinct"]
    assert low < 50 < high
