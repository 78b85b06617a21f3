"""Two processes must not do the same thing at once."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from sonovae.errors import UserError


@contextlib.contextmanager
def alone(path: Path, what: str) -> Iterator[None]:
    """Hold the lock file `path`; UserError, that `what` is at work, where another process holds it.

    It must lie outside the outs, which DVC deletes, and a lock with them. A process that is killed lets go of it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise UserError(f"{what} is at work, {lock.read()}: wait for it, or end it") from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()}")
        lock.flush()
        yield


@contextlib.contextmanager
def in_turn(path: Path) -> Iterator[None]:
    """Hold the lock file `path`, after whoever else does."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def is_held(path: Path) -> bool:
    """Whether a process holds the lock file."""
    try:
        with alone(path, ""):
            return False
    except UserError:
        return True
