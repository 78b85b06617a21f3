"""Which result may be promoted."""

import math

import numpy as np
import pandas as pd
import pytest

from sonovae.evaluation import gates
from sonovae.params.promotion import Gate

FOUND = {"test.mse": 0.5, "flag": 0.0}


@pytest.mark.parametrize(
    ("name", "gate", "why"),
    [
        ("test.mse", Gate(None, 0.5), ""),
        ("test.mse", Gate(0.5, None), ""),
        ("flag", Gate(0.0, 0.0), ""),
        ("test.mse", Gate(None, 0.4), "test.mse = 0.5 is not at most 0.4"),
        ("test.mse", Gate(0.6, None), "test.mse = 0.5 is not at least 0.6"),
        ("test.kl", Gate(None, 1.0), "test.kl is not among the metrics"),
    ],
)
def test_gates(name: str, gate: Gate, why: str) -> None:
    assert gates.shut(FOUND, {name: gate}) == ([why] if why else [])


def test_what_is_no_number_passes_no_gate() -> None:
    assert gates.shut({"test.mse": math.nan}, {"test.mse": Gate(None, 1.0)})


def clips(errors: dict[str, list[float]], names: str = "abcdef") -> pd.DataFrame:
    """Two clips of each recording."""
    rows = [(name, start, name) for name in names for start in (0, 100)]
    table = pd.DataFrame(rows, columns=["sha256", "start", "group"]).assign(item=0)
    return table.assign(**{name: np.repeat(values, 2) for name, values in errors.items()})


OLD = clips({"mse": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]})


@pytest.mark.parametrize(
    ("gains", "is_better"),
    [
        ([0.1, 0.1, 0.1, 0.2, 0.2, 0.2], True),  # little, and of each
        ([-0.5, 0.6, -0.5, 0.6, -0.5, 0.6], False),  # more of the mean than above, but who knows
        ([0.0] * 6, False),
        ([-0.1] * 6, False),
    ],
)
def test_better_is_by_more_than_the_noise(gains: list[float], is_better: bool) -> None:
    new = clips({"mse": [old - gain for old, gain in zip(range(1, 7), gains, strict=True)]})
    assert (gates.not_better(new, OLD, ["mse"]) == []) == is_better
    assert (gates.worse(OLD, new, ["mse"]) != []) == is_better


def test_only_clips_that_both_were_tested_on_are_compared() -> None:
    """Easy recordings make a mean error small; they make no model better."""
    easy = clips({"mse": [1.0, 2.0, 0.1, 0.1, 0.1, 0.1]}, "abwxyz")
    assert easy["mse"].mean() < OLD["mse"].mean()
    (why,) = gates.not_better(easy, OLD, ["mse"])
    assert why == (
        "mse of the 4 clips that both were tested on is 1.5 and was 1.5: "
        "lower by 0 (0 to 0), so maybe not"
    )
    (why,) = gates.not_better(clips({"mse": [0.0] * 6}, "uvwxyz"), OLD, ["mse"])
    assert why == "clips of 0 groups were tested by both; a comparison needs two groups"


def test_it_must_be_better_in_each() -> None:
    old = OLD.assign(kl=1.0)
    new = old.assign(mse=old["mse"] / 2)
    assert gates.not_better(new, old, ["mse"]) == []
    (why,) = gates.not_better(new, old, ["mse", "kl"])
    assert why.startswith("kl of the 12 clips")
    assert gates.not_better(new, old, ["elbo"]) == ["elbo is no column of both clips.csv"]
