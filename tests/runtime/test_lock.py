"""Two processes must not do the same thing at once."""

import multiprocessing
import sys
from pathlib import Path

import pytest

from sonovae.errors import UserError
from sonovae.runtime import lock


def try_to_enter(path: Path, said: "multiprocessing.Queue[str]") -> None:
    try:
        with lock.alone(path, "another stage"):
            said.put("entered")
    except UserError as error:
        said.put(str(error))


def test_two_processes_are_never_in_one_place(tmp_path: Path) -> None:
    path, context = tmp_path / "new/lock", multiprocessing.get_context("spawn")
    said = context.Queue()
    with lock.alone(path, ""):
        other = context.Process(target=try_to_enter, args=(path, said))
        other.start()
        message = said.get(timeout=60)
        other.join()
        assert lock.is_held(path)
    assert message.startswith("error: another stage is at work, process ")
    assert not lock.is_held(path)


def test_a_system_without_locks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with (
        pytest.raises(UserError, match="no file locks: use Linux or macOS"),
        lock.alone(tmp_path / "lock", ""),
    ):
        pass
