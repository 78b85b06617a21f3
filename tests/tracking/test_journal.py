"""A training whose tracking server does not answer, or dies, loses neither time nor points."""

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sonovae import tracking
from sonovae.errors import UserError
from sonovae.tracking import connection, journal

HEADER: dict[str, Any] = {
    "name": "abc",
    "time": 1000,
    "tags": {"key": "k" * 64, "stage": "train"},
    "params": {},
}


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A tracking server that takes what it is sent and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "2")
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{server.getsockname()[1]}")
        yield


def steps(root: Path) -> list[int]:
    (run,) = (kept := tracking.Store(root)).runs(stage="train")
    return [point.step for point in kept.client.get_metric_history(run.info.run_id, "loss")]


def test_all_points_come_to_one_run(tmp_path: Path) -> None:
    with journal.opened(tmp_path, HEADER) as points:
        for step in (1, 2, 3, 2):
            points.point(step, {"loss": 1 / step})
        assert points.close("FINISHED", 60)
    assert steps(tmp_path) == [1, 2, 3]
    assert tracking.Store(tmp_path).runs(stage="train")[0].info.status == "FINISHED"
    assert not list((tmp_path / ".sonovae/points").iterdir())


@pytest.mark.usefixtures("silent")
def test_a_server_that_does_not_answer_costs_no_time_and_no_points(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with journal.opened(tmp_path, HEADER) as points:
        begun = time.monotonic()
        for step in range(1, 31):
            points.point(step, {"loss": 1 / step})
        assert time.monotonic() - begun < 1
        assert not points.close("FINISHED", 0.5)
        assert time.monotonic() - begun < 3
    line = "MLflow lacks this training, `make track` brings it later: it does not answer"
    assert line in caplog.messages
    points.thread.join()
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    journal.send_all(tmp_path)
    assert steps(tmp_path) == list(range(1, 31))
    (run,) = tracking.Store(tmp_path).runs(stage="train")
    assert (run.info.run_name, run.info.start_time, run.info.status) == ("abc", 1000, "FINISHED")
    assert not list((tmp_path / ".sonovae/points").iterdir())


def test_a_server_that_is_gone_is_told_of_once_and_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with journal.opened(tmp_path, HEADER) as points:
        for step in (1, 2):
            points.point(step, {"loss": 1 / step})
            while step not in range(1, points.sender.sent) and not points.sender.fault:
                time.sleep(0.05)
        monkeypatch.delenv("MLFLOW_TRACKING_URI")  # it is back
        points.point(3, {"loss": 0.1})
        assert points.close("FINISHED", 60)
    assert steps(tmp_path) == [1, 2, 3]
    assert (
        sum(line.startswith("MLflow is away, and the work goes on: ") for line in caplog.messages)
        == 1
    )


def test_a_training_that_was_killed_and_given_up_is_said_to_be(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "sonovae")
    folder = tmp_path / ".sonovae/points" / HEADER["tags"]["key"]
    folder.mkdir(parents=True)
    lines = [HEADER, {"status": "RUNNING"}, {"time": 2000, "step": 1, "metrics": {"loss": 0.5}}]
    (folder / journal.NAME).write_text("\n".join(map(json.dumps, lines)) + "\n")
    assert journal.send_all(tmp_path) == 1
    assert journal.send_all(tmp_path) == 0
    said = [line for line in caplog.messages if "more trainings" in line]
    assert said == ["MLflow has the points of 1 more trainings"]
    assert steps(tmp_path) == [1]
    assert tracking.Store(tmp_path).runs(stage="train")[0].info.status == "KILLED"


def test_no_login_is_printed() -> None:
    said = connection.one_line(ValueError("GET http://anna:hunter2@127.0.0.1:9/api failed"))
    assert said == "GET http://127.0.0.1:9/api failed"


def test_a_training_that_was_killed_goes_on_in_its_journal(tmp_path: Path) -> None:
    folder = tmp_path / ".sonovae/points" / HEADER["tags"]["key"]
    folder.mkdir(parents=True)
    lines = [HEADER, {"time": 2000, "step": 1, "metrics": {"loss": 0.5}}, {"status": "KILLED"}]
    (folder / journal.NAME).write_text("\n".join(map(json.dumps, lines)) + '\n{"time": 3000, "st')
    with journal.opened(tmp_path, HEADER) as points:
        for step in (1, 2):
            points.point(step, {"loss": 1 / step})
        with pytest.raises(
            UserError, match="a training of the same parameters, data and code is at work"
        ):
            journal.opened(tmp_path, HEADER).__enter__()
        journal.send_all(tmp_path)  # leaves alone what is under way
        assert points.close("FINISHED", 60)
    assert steps(tmp_path) == [1, 2]
    kept = tracking.Store(tmp_path)
    (first, _) = kept.client.get_metric_history(kept.runs(stage="train")[0].info.run_id, "loss")
    assert (first.timestamp, first.value) == (2000, 0.5)
