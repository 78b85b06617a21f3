"""Work spread over workers, and how many those are."""

import os
from collections.abc import Sequence

import pytest

from sonovae.runtime import environment, workers


def doubled(some: Sequence[int]) -> list[int]:
    return [2 * each for each in some]


def test_nothing_to_do_asks_no_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "PATIENCE", 1)
    monkeypatch.setenv("SONOVAE_SCHEDULER", "tcp://127.0.0.1:1")
    assert list(workers.spread(doubled, [])) == []


def test_cores_where_the_system_does_not_tell_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert environment.cores() == 3
    monkeypatch.delenv("SONOVAE_SCHEDULER", raising=False)
    monkeypatch.setenv("SONOVAE_WORKERS", "1")
    dear = [(1, 1e6), (2, 1e6)]
    assert list(workers.spread(doubled, dear)) == [([1], [2]), ([2], [4])]
