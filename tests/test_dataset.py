from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sonovae import dataset
from sonovae.errors import UserError
from sonovae.params.sections import Split

P = Split(seed=1, validation=0.1, test=0.2)
GROUPS = {f"speaker {i}" for i in range(100)}


def test_shares() -> None:
    sides = list(dataset.split_groups(GROUPS, P).values())
    assert {side: sides.count(side) for side in dataset.SIDES} == {"train": 70, "validation": 10, "test": 20}


def test_a_new_group_leaves_nearly_all_where_they_were() -> None:
    before, after = dataset.split_groups(GROUPS, P), dataset.split_groups(GROUPS | {"another"}, P)
    assert sum(before[group] != after[group] for group in GROUPS) <= 2


def test_another_seed_splits_otherwise() -> None:
    other = Split(seed=2, validation=0.1, test=0.2)
    assert dataset.split_groups(GROUPS, P) != dataset.split_groups(GROUPS, other)


def test_three_groups_have_a_side_each() -> None:
    greedy = Split(seed=1, validation=0.45, test=0.45)
    assert sorted(dataset.split_groups({"a", "b", "c"}, greedy).values()) == ["test", "train", "validation"]


def test_fewer_groups_than_sides() -> None:
    with pytest.raises(UserError, match="at least 3 groups, one each for train, validation, test, and .* 2: a, b"):
        dataset.split_groups({"b", "a"}, P)


def table(n: int) -> pd.DataFrame:
    columns = {name: [0] * n for name in dataset.COLUMNS} | {"split": ["train"] * n, "label": ["NA"] * n}
    return pd.DataFrame(columns)


def test_save_and_load(tmp_path: Path, rng: np.random.Generator) -> None:
    pictures = rng.uniform(size=(3, 4, 5)).astype(np.float32)
    dataset.save(tmp_path, pictures, table(3))
    back = dataset.load(tmp_path)
    np.testing.assert_array_equal(back.side("train").pictures, pictures)
    assert back.clips["label"].tolist() == ["NA"] * 3
    assert len(back.side("test").clips) == 0


@pytest.mark.parametrize("bad", [np.nan, -0.1, 1.1])
def test_pictures_outside_0_to_1_are_not_written(tmp_path: Path, bad: float) -> None:
    with pytest.raises(ValueError, match="finite and lie in"):
        dataset.save(tmp_path, np.full((1, 2, 2), bad, np.float32), table(1))
    assert list(tmp_path.iterdir()) == []
