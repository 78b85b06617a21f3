"""A tracking server that is killed while a training is under way, and comes back."""

from pathlib import Path

import pytest

from benchmarks import away
from tests.making.projects import SHRUNK


@pytest.mark.processes
def test_no_point_is_lost_with_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "set again by the trial")
    assert away.trial(tmp_path, SHRUNK | {"train.epochs": 12}).keys() == {"steady", "killed"}
