"""kill -9 at random moments of a training, and the same command again."""

from pathlib import Path

import pytest

from benchmarks import kills
from tests.making.projects import SHRUNK


@pytest.mark.processes
def test_what_was_killed_three_times_ends_the_same(tmp_path: Path) -> None:
    assert (
        kills.trial(tmp_path, SHRUNK | {"train.epochs": 30, "train.snapshots": [3, 12]}, kills=3)
        == []
    )
