"""Lock files, so that two processes do not do the same work at once."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from sonovae.errors import UserError


@contextlib.contextmanager
def alone(path: Path, what: str) -> Iterator[None]:
    """Hold the lock file `path`; raise UserError if another process, `what`, holds it."""
    # It must lie outside the outs, which DVC deletes. A killed process releases it.
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            _acquire(file, wait=False)
        except BlockingIOError:
            file.seek(0)
            raise UserError(f"{what} is at work, {file.read()}: wait for it, or end it") from None
        file.truncate(0)
        file.write(f"process {os.getpid()}")
        file.flush()
        yield


@contextlib.contextmanager
def in_turn(path: Path) -> Iterator[None]:
    """Hold the lock file `path`, once no other process does."""
    with path.open("w") as file:
        _acquire(file, wait=True)
        yield


def is_held(path: Path) -> bool:
    """Whether a process holds the lock file."""
    try:
        with alone(path, ""):
            return False
    except UserError:
        return True


def _acquire(file: IO[str], wait: bool) -> None:
    try:
        import fcntl
    except ImportError:
        # Windows has no fcntl.
        raise UserError("this system has no file locks: use Linux or macOS") from None
    fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
