"""What every stage does alike."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sonovae import atomic
from sonovae.errors import UserError
from sonovae.runtime import stage
from tests.making.projects import HERE


def test_an_out_appears_whole_and_replaces_the_last(tmp_path: Path) -> None:
    out = tmp_path / "data/raw"
    for text in ("first", "second"):
        with atomic.folder(out) as part:
            (part / "file").write_text(text)
            assert not out.exists() or (out / "file").read_text() != text
    assert (out / "file").read_text() == "second"
    assert [path.name for path in out.parent.iterdir()] == ["raw"]


def test_a_failure_leaves_the_last_good_out(tmp_path: Path) -> None:
    out = tmp_path / "raw"
    with atomic.folder(out) as part:
        (part / "file").write_text("good")
    with pytest.raises(RuntimeError), atomic.folder(out) as part:
        (part / "file").write_text("half")
        raise RuntimeError
    assert (out / "file").read_text() == "good"
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]


def test_what_a_killed_stage_left_is_swept_away(tmp_path: Path) -> None:
    (tmp_path / ".raw.part").mkdir()
    (tmp_path / ".raw.part/stale").touch()
    with atomic.folder(tmp_path / "raw"):
        pass
    assert list((tmp_path / "raw").iterdir()) == []


def test_a_kill_between_two_names_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / ".raw.old").mkdir()
    (tmp_path / ".raw.old/file").write_text("good")
    with pytest.raises(RuntimeError), atomic.folder(tmp_path / "raw"):
        raise RuntimeError
    assert (tmp_path / "raw/file").read_text() == "good"
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]


def ended(root: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> int:
    """The exit code of a stage that raises this."""

    def main(_: Path) -> None:
        raise error

    monkeypatch.chdir(root)
    monkeypatch.setattr(stage, "_die_with_parent", lambda: None)
    monkeypatch.setattr(stage, "_end_in_time", lambda restoring: None)
    with pytest.raises(SystemExit) as caught:
        stage.run(main, "data/raw")
    assert isinstance(caught.value.code, int)
    return caught.value.code


def test_what_a_user_can_cause_is_a_line_and_the_way_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "dvc.lock").write_text("    - path: data/raw\n")
    assert ended(tmp_path, monkeypatch, UserError("a = 1: too small\nb = 2: too large")) == 2
    assert capsys.readouterr().err.splitlines() == [
        "error: a = 1: too small",
        "error: b = 2: too large",
        "nothing was written to data/raw; to restore the last version: `dvc checkout data/raw`",
    ]


def test_the_way_back_is_that_of_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "dvc.lock").write_text("    - path: data/raw\n    - path: data/plots\n")
    assert stage._how_to_restore(tmp_path, ("data/model",), "").endswith(
        "; there is no earlier version"
    )
    said = stage._how_to_restore(tmp_path, ("data/raw", "data/plots"), "data/metrics.json")
    restoring = "`dvc checkout data/raw data/plots` and `git checkout data/metrics.json`"
    assert f"to restore the last version: {restoring}" in said


@pytest.mark.parametrize(
    ("error", "code", "first"),
    [(KeyboardInterrupt(), 130, "stopped"), (ZeroDivisionError(), 1, "Traceback")],
)
def test_other_ends_say_the_way_back_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    error: BaseException, code: int, first: str,
) -> None:  # fmt: skip
    assert ended(tmp_path, monkeypatch, error) == code
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith(first)
    assert lines[-1] == "nothing was written to data/raw; there is no earlier version"


@pytest.mark.processes
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stage_stops_within_5_s_whatever_it_computes(
    tmp_path: Path, number: signal.Signals
) -> None:
    """numpy computes for minutes here, and Python hears of no signal meanwhile."""
    busy = "print('busy', flush=True); np.linalg.svd(np.random.default_rng(1).random((6000, 6000)))"
    imports = "import numpy as np; from sonovae.runtime import stage"
    code = f"{imports}\ndef main(root): {busy}\nstage.run(main, 'data/raw')"
    environment = os.environ | {"PYTHONPATH": str(HERE / "src"), "OPENBLAS_NUM_THREADS": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, **pipes
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "busy\n"
        time.sleep(1)
        process.send_signal(number)
        began = time.monotonic()
        _, said = process.communicate(timeout=60)
    assert time.monotonic() - began < 5
    assert process.returncode == 130
    assert said == "stopped\nnothing was written to data/raw; there is no earlier version\n"
