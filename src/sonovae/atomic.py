"""Files and folders that appear whole or not at all: written next to their place, then renamed."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from sonovae.errors import UserError


@contextlib.contextmanager
def file(path: Path) -> Iterator[Path]:
    """Yield a path to write to; its file replaces `path` if the block ends without an error.

    The name holds the process' number, so that two processes may write the same file at once.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def folder(path: Path) -> Iterator[Path]:
    """Yield a new folder to write to; it replaces `path` when the block ends without an error.

    One process at a time may write a folder. What a killed one left behind is removed, and the
    old folder put back if it had been moved away.
    """
    part = path.with_name(f".{path.name}.part")
    old = path.with_name(f".{path.name}.old")
    _tidy(path, part, old)
    part.mkdir(parents=True)
    try:
        yield part
        if path.exists():
            path.rename(old)
        part.rename(path)
    finally:
        _tidy(path, part, old)


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield a folder as `folder` does; raise UserError if `path` exists."""
    refuse_existing(path)
    with folder(path) as part:
        yield part


def refuse_existing(path: Path) -> None:
    """Raise UserError if a path exists, for callers that would lose long work by it."""
    if path.exists():
        raise UserError(f"--out {path} exists: name a folder that does not exist yet")


def _tidy(path: Path, part: Path, old: Path) -> None:
    if old.exists() and not path.exists():
        old.rename(path)
    for left in (part, old):
        shutil.rmtree(left, ignore_errors=True)
