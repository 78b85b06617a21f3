"""What differs between two results, and how the comment says it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sonovae.promotion.result_comparison import ErrorChange, Estimate, ResultComparison, Score
from sonovae.recordings import recordings_table
from sonovae.retraining import changes, drift, pull_request_comment
from sonovae.retraining.pull_request_comment import Comparison
from sonovae.retraining.revisions import Result
from sonovae.tracking.provenance import StageRecord


def recordings(**hashes: str) -> pd.DataFrame:
    """Recordings by name, whose first letter is the label; an empty hash means left out."""
    rows = [
        {"name": name, "sha256": hashed or name, "seconds": 2.0, "label": name[0],
         "path": f"files/{hashed}.wav",
         "status": recordings_table.USED if hashed else recordings_table.LEFT_OUT,
         "reason": "" if hashed else "too short"}
        for name, hashed in hashes.items()
    ]  # fmt: skip
    return pd.DataFrame(
        rows, columns=["name", "sha256", "seconds", "label", "path", "status", "reason"]
    )


OLD = recordings(a1="x", a2="y", b1="z")
NOTHING_COMPARED = ResultComparison([], [], [])


def test_recordings() -> None:
    found = changes.Recordings(OLD, recordings(a1="x", a2="other", a3="new", c1=""))
    assert (found.added, found.gone, found.changed, found.lost_labels) == (
        ["a3"],
        ["b1"],
        ["a2"],
        ["b"],
    )
    assert (sorted(found.incoming["name"]), sorted(found.staying["name"])) == (["a2", "a3"], ["a1"])
    assert found.described() == [
        "3 recordings, 6 s → 3 recordings, 6 s",
        "1 added: a3",
        "1 gone: b1",
        "1 changed: a2",
        "labels without a recording now: b",
        "1 left out, too short: c1",
    ]
    assert changes.Recordings(OLD, OLD).described() == []


def test_many_names_are_not_all_said() -> None:
    many = {f"a{i:02d}": "x" for i in range(30)}
    assert (
        changes.Recordings(recordings(), recordings(**many))
        .described()[1]
        .endswith("a08, a09, and 20 more")
    )


def test_parameters() -> None:
    old, new = (
        {"train": {"seed": 1, "prior": "none"}, "a": 1},
        {"train": {"seed": 2, "prior": "none"}, "b": [1]},
    )
    assert changes.parameters(old, new) == {"a": (1, None), "b": (None, [1]), "train.seed": (1, 2)}


def side(rng: np.random.Generator, centroid: float, n: int = 40) -> pd.DataFrame:
    return pd.DataFrame({"seconds": rng.normal(2, 0.1, n), "level": rng.normal(-20, 3, n),
                         "centroid": rng.normal(centroid, 50, n)})  # fmt: skip


def test_drift_is_seen_where_it_is(rng: np.random.Generator) -> None:
    same, other = (
        drift.compare(side(rng, hz), side(rng, 1000)).set_index("feature") for hz in (1000, 3000)
    )
    assert (same["drift"] < 0.4).all()
    assert other.loc["centroid", "drift"] == 1
    assert other.loc["centroid", "p"] < 1e-6
    assert other.loc["centroid", ["was", "came"]].str.endswith(" Hz").all()
    assert drift.compare(side(rng, 1000, 0), side(rng, 1000)).empty


@pytest.mark.parametrize(
    ("new", "expected"), [("aab", 0.0), ("bbb", 2 / 3), ("ccc", 1.0), ("", 0.0)]
)
def test_drift_of_labels(new: str, expected: float) -> None:
    assert drift.compare_labels(
        pd.Series(list(new), dtype=str), pd.Series(list("aab"))
    ) == pytest.approx(expected)


def result(table: pd.DataFrame, mse: float, seed: int) -> Result:
    stages = {"train": StageRecord({}, {"train": {"seed": seed}}, {})}
    metrics: dict[str, Any] = {
        "test": {"mse": mse},
        "interval": {"mse": {"low": mse / 2, "high": mse * 2}},
    }
    losses = pd.DataFrame({"val_mse": np.linspace(0.1, mse, 60)})
    return Result(
        stages, {"train": {"seed": seed}}, table, pd.DataFrame(), metrics, losses, lambda *_: None
    )


def test_the_comment() -> None:
    came = pd.DataFrame(
        [["level", "-20 dBFS", "-3 dBFS", 1.0, 1e-9]],
        columns=["feature", "was", "came", "drift", "p"],
    )
    change = ErrorChange("mse", 9, 0.01, 0.02, Estimate(-0.5, -0.75, -0.25))
    texture = Score("frechet_texture", Estimate(4.1, 3.9, 4.3), Estimate(5.7, 5.5, 5.9))
    compared = ResultComparison([texture], [change], ["pictures differ"])
    old, new = result(OLD, 0.02, 1), result(recordings(a1="x", a2="y", b1="z", b2="w"), 0.01, 2)
    comparison = Comparison(old, new, came, (0.5, 0.75), compared, ["level drifts"])
    said = pull_request_comment.text(comparison, ["MLflow run 1"])
    assert said.splitlines()[:3] == ["### sonovae: RED", "", "- RED: level drifts"]
    for line in (
        "Ran, or came from the cache: train.",
        "- 1 added: b2",
        "| level | -20 dBFS | -3 dBFS | 1.00 |",
        "| `train.seed` | `1` | `2` |",
        "| mse | 0.02 (0.01 to 0.04) | 0.01 (0.005 to 0.02) |",
        "| labels heard by the previous judge | 50% | 75% |",
        "- mse of the 9 clips that both were tested on is 0.01 and was 0.02: "
        "-50.0% (-75.0% to -25.0%)",
        "| Fréchet distance of textures | 5.7 (5.5 to 5.9) | 4.1 (3.9 to 4.3) |",
        "- pictures differ",
        "MLflow run 1",
    ):
        assert line in said.splitlines()
    assert "Validation error by epoch: █" in said
    judged = {"accuracy": 0.21, "accuracy_low": 0.12, "accuracy_high": 0.33, "chance": 0.17}
    guessing = replace(old, metrics=old.metrics | {"judge": judged | {"can_judge": 0.0}})
    said = pull_request_comment.text(
        Comparison(guessing, new, came, None, NOTHING_COMPARED, []), []
    )
    assert "The previous judge cannot judge: it names 21 % (12 to 33 %) of real test" in said
    assert "labels heard" not in said
    green = pull_request_comment.text(Comparison(old, new, came, None, NOTHING_COMPARED, []), [])
    assert green.startswith("### sonovae: green\n\nAll gates passed.")
    assert (
        pull_request_comment.text(Comparison(old, old, came, None, NOTHING_COMPARED, []), [])
        == f"### sonovae: unchanged\n\n{pull_request_comment.NOTHING}\n"
    )
