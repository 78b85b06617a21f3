"""Which result may be registered, which is worse, and which may be the champion."""

import math

import numpy as np
import pandas as pd
import pytest

from sonovae.params.promotion import Gate
from sonovae.promotion import gates, result_comparison
from sonovae.promotion.result_comparison import Tables

METRICS = {"test.mse": 0.5, "flag": 0.0}
TOLERANCE = 0.15


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
    assert gates.shut(METRICS, {name: gate}) == ([why] if why else [])


def test_what_is_no_number_passes_no_gate() -> None:
    assert gates.shut({"test.mse": math.nan}, {"test.mse": Gate(None, 1.0)})


def clips(errors: list[float], names: str = "abcdef") -> pd.DataFrame:
    """Two clips of each recording."""
    rows = [(name, start, name) for name in names for start in (0, 100)]
    table = pd.DataFrame(rows, columns=["sha256", "start", "group"])
    return table.assign(item=0, mse=np.repeat(errors, 2))


def scores(**values: float) -> pd.DataFrame:
    """Table of recordings and of new sounds, with intervals of ± 5 %."""
    row = {}
    for name, value in values.items():
        low, high = sorted([0.95 * value, 1.05 * value])
        row |= {name: value, f"{name}_low": low, f"{name}_high": high}
    real = {"hnr_db": 10.0, "hnr_db_low": 9.0, "hnr_db_high": 11.0}
    return pd.DataFrame({"real": real, "generated_by_label": row}).T


ERRORS = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
OLD = clips(ERRORS)
GOOD = {"accuracy": 0.8, "frechet_texture": 5.0, "auc_network_mel": 0.8, "hnr_db": 4.0}


def compared(
    new: Tables, old: Tables, differing: tuple[str, ...] = ()
) -> result_comparison.ResultComparison:
    return result_comparison.compare(new, old, ["mse"], differing)


def worse(new: Tables, old: Tables, *differing: str) -> list[str]:
    return gates.worse(compared(new, old, differing), TOLERANCE)


def not_better(new: Tables, old: Tables, *differing: str) -> list[str]:
    return gates.not_better(compared(new, old, differing), TOLERANCE)


def of_errors(errors: list[float], names: str = "abcdef") -> Tables:
    return Tables(pd.DataFrame(), clips(errors, names))


def of_scores(**values: float) -> Tables:
    return Tables(scores(**values), OLD)


@pytest.mark.parametrize(
    ("factors", "is_worse", "is_better"),
    [
        ([0.9, 0.9, 0.9, 0.8, 0.8, 0.8], False, True),
        (
            [1.5, 0.4, 1.5, 0.4, 1.5, 0.4],
            False,
            False,
        ),  # more of the mean than above, but who knows
        ([1.0] * 6, False, False),
        ([1.1, 1.1, 1.1, 1.1, 1.1, 1.1], False, False),
        ([1.2, 1.2, 1.3, 1.2, 1.2, 1.3], True, False),
    ],
)
def test_errors_within_the_tolerance(factors: list[float], is_worse: bool, is_better: bool) -> None:
    new = of_errors([factor * error for factor, error in zip(factors, ERRORS, strict=True)])
    old = Tables(pd.DataFrame(), OLD)
    assert (worse(new, old) != []) == is_worse
    assert (not_better(new, old) == []) == is_better


def test_doubt_makes_no_gate_red_and_leaves_the_champion() -> None:
    doubtful = [0.8, 2.0, 2.0, 4.0, 7.0, 8.0]
    new = Tables(scores(**GOOD | {"frechet_texture": 2.0}), clips(doubtful))
    old = of_scores(**GOOD)
    assert worse(new, old) == []
    (why,) = not_better(new, old)
    assert why.startswith(
        "mse of the 12 clips that both were tested on is 3.967 and was 3.5: +13.3%"
    )
    assert why.endswith(", maybe more than promotion.tolerance = 15%")


def test_only_clips_that_both_were_tested_on_are_compared() -> None:
    """Easy recordings make a mean error small; they make no model better."""
    easy = of_errors([1.0, 2.0, 0.1, 0.1, 0.1, 0.1], "abwxyz")
    old = Tables(pd.DataFrame(), OLD)
    assert easy.clips["mse"].mean() < OLD["mse"].mean()
    (why,) = not_better(easy, old)
    assert why == (
        "nothing is better by more than the noise: mse of the 4 clips that both were tested on"
        " is 1.5 and was 1.5: +0.0% (+0.0% to +0.0%)"
    )


def test_nothing_comparable_is_no_blind_promotion() -> None:
    new = of_errors([0.0] * 6, "uvwxyz")
    old = Tables(pd.DataFrame(), OLD)
    (why,) = not_better(new, old)
    assert why.startswith(
        "neither its new sounds' distribution nor its reconstructions are comparable (new sounds"
        " are not comparable: 0 of 12 test recordings are common, fewer than 80%; reconstructions"
        " are not comparable: clips of 0 groups were tested by both"
    )
    # The first result of a repository has no other to be worse than.
    assert worse(new, Tables(pd.DataFrame(), OLD.iloc[:0])) == []
    without = Tables(scores(accuracy=0.9), OLD.drop(columns="mse"))
    (why,) = not_better(without, of_scores(accuracy=0.1))
    assert "mse is no column of both clips.csv" in why


@pytest.mark.parametrize(
    ("name", "value", "verdict"),
    [
        ("accuracy", 0.9, "better"),
        ("accuracy", 0.78, "noise"),
        ("accuracy", 0.7, "worse"),
        ("frechet_texture", 4.0, "better"),
        ("frechet_texture", 5.2, "noise"),
        ("frechet_texture", 6.0, "worse"),
        ("auc_network_mel", 0.7, "better"),
        ("auc_network_mel", 0.98, "worse"),
        ("hnr_db", 6.0, "better"),
        ("hnr_db", 2.0, "worse"),
        ("hnr_db", 16.0, "noise"),  # as far above recordings as the champion is below
        ("hnr_db", 18.0, "worse"),
        ("hnr_db", math.nan, "noise"),
        ("accuracy", math.nan, "noise"),
    ],
)
def test_each_score(name: str, value: float, verdict: str) -> None:
    new = of_scores(**GOOD | {name: value})
    reasons = not_better(new, of_scores(**GOOD))
    assert worse(new, of_scores(**GOOD)) == (reasons if verdict == "worse" else [])
    if verdict == "better":
        assert reasons == []
    elif verdict == "noise":
        assert reasons[0].startswith("nothing is better by more than the noise: ")
    else:
        assert reasons[0].endswith(", worse by more than the noise")


def test_a_reason_names_score_values_and_rule() -> None:
    (why,) = worse(of_scores(**GOOD | {"frechet_texture": 6.0}), of_scores(**GOOD))
    assert why == (
        "Fréchet distance of textures is 6 (5.7 to 6.3) and was 5 (4.75 to 5.25),"
        " worse by more than the noise"
    )


def test_better_in_one_does_not_outweigh_worse_in_another() -> None:
    new = of_scores(**GOOD | {"frechet_texture": 1.0, "accuracy": 0.5})
    (why,) = not_better(new, of_scores(**GOOD))
    assert why.startswith("share of labels heard is 0.5 (0.475 to 0.525) and was 0.8")


def test_saturated_networks_rank_nothing() -> None:
    """A network that tells all sounds apart hides a whisper; the classic test does not."""
    saturated = {"auc_network_fine": 0.9999, "auc_signal": 0.8}
    old = scores(**saturated)
    old.loc[:, ["auc_network_fine_low", "auc_network_fine_high"]] = 0.9998, 0.9999
    new = old.copy()
    new["auc_network_fine_low"] = 0.99995
    (score,) = result_comparison.compare_scores(new, old)
    assert score.name == "auc_signal"
    classic = ["auc_signal", "auc_signal_low", "auc_signal_high"]
    (score,) = result_comparison.compare_scores(new.drop(columns=classic), old)
    assert score.name == "auc_network_fine"
    assert not score.is_worse
    assert not score.is_better


def test_classic_tests_stand_in_for_networks() -> None:
    old = scores(auc_network_mel=0.8, auc_mel=0.7, auc_signal=0.6)
    new = scores(auc_network_mel=math.nan, auc_mel=0.7, auc_signal=0.6)
    names = [score.name for score in result_comparison.compare_scores(new, old)]
    assert names == ["auc_mel", "auc_signal"]


def test_scores_against_other_recordings_are_not_compared() -> None:
    """Sounds of a model that learned noise are near recordings of noise."""
    old = of_scores(**GOOD)
    poisoned = Tables(scores(**GOOD | {"frechet_texture": 0.1}), clips(ERRORS, "abcxyz"))
    (why,) = not_better(poisoned, old)
    assert "texture" not in why
    assert compared(poisoned, old).notes == [
        "new sounds are not comparable: 3 of 9 test recordings are common, fewer than 80%"
    ]


def test_other_pictures_leave_the_sounds() -> None:
    new = Tables(scores(**GOOD | {"frechet_texture": 4.0}), clips([9.0] * 6))
    old = of_scores(**GOOD)
    assert not_better(new, old, "preprocess.split.seed", "train.epochs") != []
    assert not_better(new, old, "preprocess.picture.bins") == []
    (why,) = not_better(new, old, "preprocess.waveform.sample_rate")
    assert "sounds differ in preprocess.waveform.sample_rate" in why
    assert "pictures differ in preprocess.waveform.sample_rate" in why
