"""Each row of docs/results.md is held against what its command comes to."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import held
from tests.making.projects import HERE

METRICS: dict[str, Any] = {
    "test": {"mse": 0.002, "kl": 20.0},
    "floors": {"mean_picture": 0.01, "pca": 0.003},
    "interval": {"mse": {"low": 0.0019, "high": 0.0022}},
}


def written(folder: Path, **changes: Any) -> Path:
    path = folder / "metrics.json"
    path.write_text(json.dumps(METRICS | changes))
    return path


def test_a_row_is_added_and_then_held(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = tmp_path / "results.json"
    rows.write_text("{}")
    held.hold("one", written(tmp_path), rows)
    assert json.loads(rows.read_text())["one"]["mse"] == [0.002, 0.0019, 0.0022]
    assert json.loads(rows.read_text())["one"]["kl"] == [20, 18, 22]
    held.hold("one", written(tmp_path, test={"mse": 0.0021, "kl": 21.9}), rows)
    assert capsys.readouterr().out.splitlines() == [
        "one: added to results.json",
        "one: as docs/results.md has it",
    ]


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ({"mse": 0.0023, "kl": 20.0}, "one: mse = 0.0023, not within 0.0019 to 0.0022"),
        ({"mse": 0.002, "kl": 17.0}, "one: kl = 17, not within 18 to 22"),
        ({"mse": 0.002}, "one: kl is missing"),
    ],
)
def test_what_differs_fails(test: dict[str, float], said: str, tmp_path: Path) -> None:
    rows = tmp_path / "results.json"
    rows.write_text(json.dumps({"one": held.limits(METRICS)}))
    with pytest.raises(SystemExit, match=said):
        held.hold("one", written(tmp_path, test=test), rows)


def test_each_row_stands_in_the_results() -> None:
    text = (HERE / "docs/results.md").read_text()
    for row, numbers in json.loads(held.ROWS.read_text()).items():
        assert f"{numbers['mse'][0]:.5f}" in text, row
