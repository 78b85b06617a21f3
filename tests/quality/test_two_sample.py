"""The area is scikit-learn's, and the test tells what differs and nothing else."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from sonovae.quality import sound_scores, two_sample

GROUPS = [f"speaker {i // 5}" for i in range(60)]
OWN = [str(i) for i in range(60)]


def told_by(real: np.ndarray, new: np.ndarray, new_groups: list[str] = OWN) -> dict[str, float]:
    """The score with its interval."""
    told = two_sample.tell(real, new, GROUPS, new_groups, 1)
    return sound_scores.told_row("auc", told, GROUPS, new_groups, 100, 1)


@pytest.mark.parametrize("values", [3, 30, 10_000])
def test_area_is_scikit_learns(values: int, rng: np.random.Generator) -> None:
    """Also with ties."""
    real, new = rng.integers(values, size=40) * 1.0, rng.integers(1, values + 1, size=70) * 1.0
    is_new = np.repeat([0, 1], [40, 70])
    wanted = roc_auc_score(is_new, np.concatenate([real, new]))
    assert two_sample.area(real, new) == pytest.approx(wanted)


def test_area_at_the_ends() -> None:
    low, high = np.arange(5.0), np.arange(5.0) + 10
    assert two_sample.area(low, high) == 1
    assert two_sample.area(high, low) == 0
    assert two_sample.area(low, low) == 0.5


def test_the_same_distribution_is_not_told_apart() -> None:
    """An interval does not know the classifier's own chance, so it misses 0.5 now and then."""
    pairs = [np.random.default_rng(seed).standard_normal((2, 60, 10)) for seed in range(8)]
    rows = [told_by(real, new) for real, new in pairs]
    assert np.mean([row["auc"] for row in rows]) == pytest.approx(0.5, abs=0.05)
    assert max(row["auc"] for row in rows) < 0.65
    assert sum(row["auc_low"] < 0.5 < row["auc_high"] for row in rows) >= 6


def test_a_shift_of_two_of_ten_features_is_told(rng: np.random.Generator) -> None:
    real, new = rng.standard_normal((2, 60, 10))
    row = told_by(real, new + np.array([2, -2, *[0] * 8]))
    assert row["auc"] > 0.9
    assert row["auc_low"] > 0.8


def test_the_scale_of_features_does_not_matter(rng: np.random.Generator) -> None:
    real, new = rng.standard_normal((2, 60, 3))
    new[:, 0] += 1
    scales = [1e-3, 1e3, 1]
    assert told_by(real * scales, new * scales)["auc"] == pytest.approx(told_by(real, new)["auc"])


def identities(groups: list[str]) -> np.ndarray:
    names = sorted(set(GROUPS))
    return np.eye(len(names))[[names.index(name) for name in groups]]


def test_equal_values_of_the_same_groups_are_not_told_apart(rng: np.random.Generator) -> None:
    real = np.concatenate([identities(GROUPS), rng.standard_normal((60, 5))], axis=1)
    assert told_by(real, real, GROUPS)["auc"] == pytest.approx(0.5)


def test_a_group_is_never_on_both_sides() -> None:
    """Of half of the speakers most sounds are new: who speaks would tell, had it been learned."""
    common, rare = GROUPS[:30], GROUPS[30:]
    groups = [*common, *common, *rare[::5]]
    new_groups = [*common[::5], *rare, *rare]
    real, new = identities(groups), identities(new_groups)
    assert two_sample.tell(real, new, groups, new_groups, 1).auc < 0.55
    apart = [str(i) for i in range(len(groups) + len(new_groups))]
    leaking = two_sample.tell(real, new, apart[: len(groups)], apart[len(groups) :], 1)
    assert leaking.auc > 0.8


def test_missing_features(rng: np.random.Generator) -> None:
    real, new = rng.standard_normal((2, 60, 3))
    real[::7, 0] = np.nan
    real[:, 1] = new[:, 1] = np.nan
    row = told_by(real, new + np.array([0, 0, 4]))
    assert row["auc"] > 0.9


def test_constant_features_tell_nothing() -> None:
    assert told_by(np.ones((60, 4)), np.ones((60, 4)))["auc"] == pytest.approx(0.5, abs=0.1)


def test_the_same_twice(rng: np.random.Generator) -> None:
    real, new = rng.standard_normal((2, 60, 10))
    one, two = (two_sample.tell(real, new, GROUPS, OWN, 1) for _ in range(2))
    assert one.new.tobytes() == two.new.tobytes()
