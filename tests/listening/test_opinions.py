"""What the answers of a listening study come to."""

from itertools import permutations

import krippendorff
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sonovae.listening import opinions


def answered(ratings: dict[str, list[list[int]]]) -> pd.DataFrame:
    """Ratings by set, a row for each listener, a column for each of its sounds."""
    rows = [
        {
            "listener": f"l{i}",
            "sound": f"{name}{j}",
            "set": name,
            "label": "ab"[j % 2],
            "rating": rating,
        }
        for name, table in ratings.items()
        for i, line in enumerate(table)
        for j, rating in enumerate(line)
    ]
    return pd.DataFrame(rows)


def test_scores_are_those_of_a_calculation_by_hand() -> None:
    table = answered(
        {
            "real": [[5, 4, 4, 5], [4, 4, 3, 5], [5, 3, 5, 4]],
            "generated": [[2, 1, 3, 2], [1, 2, 2, 1], [2, 1, 3, 1]],
        }
    )
    real, generated = opinions.scores(table).to_dict("records")
    # Real: 18 + 16 + 17 = 51 of 12 ratings.
    # Listeners' means 4.5, 4, 4.25: variance 0.0625, by three 0.0208333.
    # Sounds' sums 14, 11, 12, 14, means around 4.25 by 5, -7, -3, 5 twelfths:
    # variance 108 / 144 / 3, by four 0.0625.
    # Their sum's root is 0.288675, and t of two degrees of freedom 4.302653: 1.242068.
    assert real["mos"] == 4.25
    assert real["low"] == pytest.approx(4.25 - 1.242068, abs=1e-6)
    assert real["high"] == 5  # not 5.49
    assert real["p"] is None
    # Generated: 8 + 6 + 7 = 21 of 12.
    # The sounds' means 5/3, 4/3, 8/3 and 4/3 lie under the lowest real one, 11/3.
    assert generated["mos"] == 1.75
    assert (generated["sounds"], generated["ratings"]) == (4, 12)
    means = [5 / 3, 4 / 3, 8 / 3, 4 / 3], [14 / 3, 11 / 3, 4, 14 / 3]
    assert generated["p"] == pytest.approx(stats.mannwhitneyu(*means).pvalue)
    assert generated["p"] < 0.05


def test_an_exact_rank_test() -> None:
    """Without ties, all of four under all of four: so far apart are 2 of the 70 orders."""
    table = answered(
        {
            "real": [[3, 5, 4, 4], [3, 5, 5, 4], [3, 5, 5, 5]],
            "generated": [[1, 2, 2, 1], [1, 2, 2, 2], [1, 2, 1, 1]],
        }
    )
    p, why = opinions.against_real(table, "generated")
    assert (p, why) == (pytest.approx(2 / 70), "")


def test_holm() -> None:
    assert opinions.holm({"a": 0.04, "b": 0.01, "c": 0.03}) == pytest.approx(
        {"b": 0.03, "c": 0.06, "a": 0.06}
    )
    assert opinions.holm({"a": 0.6, "b": 0.9}) == {"a": 1.0, "b": 1.0}
    assert opinions.holm({}) == {}


def test_a_set_that_is_worse_is_found_and_shuffled_answers_are_not(
    rng: np.random.Generator,
) -> None:
    ratings = {"real": rng.integers(3, 6, (6, 8)), "generated": rng.integers(1, 4, (6, 8))}
    table = answered({name: each.tolist() for name, each in ratings.items()})
    assert opinions.scores(table)["p"].iloc[1] < 0.01
    p = []
    for _ in range(100):
        p.append(
            opinions.scores(table.assign(rating=rng.permutation(table["rating"])))["p"].iloc[1]
        )
    assert np.mean(np.array(p) < 0.05) < 0.12


def test_an_interval_holds_its_mean_as_often_as_it_says(rng: np.random.Generator) -> None:
    """Listeners and sounds that differ: other ones of both are drawn each time."""
    hits = []
    for _ in range(200):
        noise = (
            0.5 * rng.standard_normal((6, 1))
            + 0.4 * rng.standard_normal((1, 8))
            + 0.5 * rng.standard_normal((6, 8))
        )
        found = opinions.interval(answered({"real": (3 + noise).tolist()}))
        assert found
        hits.append(found[0] <= 3 <= found[1])
    assert 0.92 < np.mean(hits) <= 1


def test_agreement() -> None:
    rows = [[5, 4, 3, 1], [5, 4, 3, 1], [5, 4, 3, 1]]
    assert opinions.agreement(answered({"real": rows})) == (1.0, "")
    rows = [[5, 4, 3, 1], [5, 5, 2, 1], [4, 4, 3, 2]]
    alpha, _ = opinions.agreement(answered({"real": rows}))
    assert alpha == pytest.approx(krippendorff.alpha(rows, level_of_measurement="ordinal"))
    assert alpha == pytest.approx(by_hand(rows))
    opposed, _ = opinions.agreement(answered({"real": [[1, 5, 1, 5], [5, 1, 5, 1]]}))
    assert opposed is not None
    assert opposed < 0


def by_hand(rows: list[list[int]]) -> float:
    """Krippendorff's definition: 1 - observed / expected disagreement, of pairs of ratings."""
    values = sorted(n for row in rows for n in row)
    counts = {each: values.count(each) for each in range(1, 6)}

    def delta(c: int, k: int) -> float:
        low, high = min(c, k), max(c, k)
        return (
            sum(counts[g] for g in range(low, high + 1)) - (counts[low] + counts[high]) / 2
        ) ** 2

    units = list(zip(*rows, strict=True))
    observed = sum(
        delta(*pair) / (len(unit) - 1) for unit in units for pair in permutations(unit, 2)
    ) / len(values)
    expected = sum(delta(*pair) for pair in permutations(values, 2)) / (
        len(values) * (len(values) - 1)
    )
    return 1 - observed / expected


def test_what_few_answers_cannot_say() -> None:
    one = answered({"real": [[5, 4]], "generated": [[1, 2]]})
    real, generated = opinions.scores(one).to_dict("records")
    assert (real["mos"], real["low"], real["why"]) == (4.5, None, "one listener: no interval")
    assert generated["p"] is None
    assert (
        generated["why"]
        == "one listener: no interval; 2 against 2 real sounds: too few for a rank test"
    )
    assert opinions.agreement(one) == (None, "no sound was rated by two listeners")
    assert opinions.agreement(answered({"real": [[3, 3], [3, 3]]})) == (
        None,
        "all ratings are the same",
    )
    (alone,) = opinions.scores(answered({"generated": [[3], [4]]})).to_dict("records")
    assert alone["why"] == "one sound: no interval; no real sound is rated"


def test_who_does_not_hear_the_anchor_is_named() -> None:
    table = answered({"reference": [[5, 4], [3, 3], [2, 2]], "anchor": [[1, 2], [3, 3], [4, 5]]})
    assert opinions.failed_screening(table) == ["l1", "l2"]
    assert opinions.failed_screening(table[table["set"] == "anchor"]) == []
