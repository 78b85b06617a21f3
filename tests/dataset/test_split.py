import pandas as pd
import pytest

from sonovae import params
from sonovae.dataset import split
from sonovae.errors import UserError
from sonovae.params.preprocess import Split
from sonovae.params.rules import Limit

GROUPS = {f"speaker {i}" for i in range(100)}


def shares(seed: int = 1, validation: object = 0.1, test: object = 0.2) -> Split:
    return params.parse(
        {"seed": seed, "block_seconds": None, "validation": validation, "test": test}, Split
    )


def test_shares() -> None:
    sides = list(split.of_groups(GROUPS, shares()).values())
    assert {side: sides.count(side) for side in split.SIDES} == {
        "train": 70,
        "validation": 10,
        "test": 20,
    }


def test_a_new_group_leaves_nearly_all_where_they_were() -> None:
    before, after = (
        split.of_groups(GROUPS, shares()),
        split.of_groups(GROUPS | {"another"}, shares()),
    )
    assert sum(before[group] != after[group] for group in GROUPS) <= 2


def test_another_seed_splits_otherwise() -> None:
    assert split.of_groups(GROUPS, shares()) != split.of_groups(GROUPS, shares(seed=2))


def test_three_groups_have_a_side_each() -> None:
    greedy = shares(validation=0.45, test=0.45)
    assert sorted(split.of_groups({"a", "b", "c"}, greedy).values()) == [
        "test",
        "train",
        "validation",
    ]


def test_fewer_groups_than_sides() -> None:
    with pytest.raises(
        UserError, match="at least 3 groups, one each for train, validation, test, and .* 2: a, b"
    ):
        split.of_groups({"b", "a"}, shares())


def clips() -> pd.DataFrame:
    """Ten recordings of each of twelve speakers, a clip each."""
    rows = [
        {"speaker": f"{s:02d}", "index": str(i), "group": f"{s:02d}-{i}"}
        for s in range(1, 13)
        for i in range(10)
    ]
    return pd.DataFrame(rows)


def test_a_side_by_name_and_the_rest_by_group() -> None:
    table = clips()
    sides = split.sides(table, shares(test={"index": "[0-4]"}))
    assert (sides == "test").equals(table["index"].astype(int) <= 4)
    assert (sides == "validation").sum() == 6
    assert (sides == "train").sum() == 54


def test_both_sides_by_name() -> None:
    sides = split.sides(
        clips(), shares(test={"speaker": "1[0-2]"}, validation={"speaker": "0[89]", "index": "0"})
    )
    assert sides.value_counts().to_dict() == {"train": 88, "test": 30, "validation": 2}


def test_a_name_matches_as_a_whole() -> None:
    assert (split.sides(clips(), shares(test={"speaker": "0?1"})) == "test").sum() == 10


def test_a_group_on_two_sides_is_refused() -> None:
    by_speaker = clips().assign(group=clips()["speaker"])
    with pytest.raises(
        UserError, match="puts a part of the group '01' on another side than the rest"
    ):
        split.sides(by_speaker, shares(test={"index": "[0-4]"}))


def test_names_that_nothing_has() -> None:
    with pytest.raises(UserError, match=r"split.test = {'speaker': '99'}: no clip is named so"):
        split.sides(clips(), shares(test={"speaker": "99"}))
    with pytest.raises(
        UserError, match="split.test.singer: the recordings have no such column, but speaker, index"
    ):
        split.sides(clips(), shares(test={"singer": "99"}))


def within(limit: Limit) -> list[int]:
    table = pd.DataFrame(
        {
            "sha256": [f"{i}" for i in range(20)],
            "item": 0,
            "start": 0,
            "split": ["test", "train"] * 10,
        }
    )
    return [i for i, kept in enumerate(split.within(table, limit)) if kept and i % 2]


def test_a_limit_of_the_training_clips() -> None:
    assert within(Limit(count=3, draw="first", seed=1)) == [1, 3, 5]
    drawn = [within(Limit(count=3, draw="random", seed=seed)) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(drawn[0]) == 3
    assert set(drawn[0]) <= set(within(Limit(count=4, draw="random", seed=1)))
