"""Checkpoints of a running training, so that the same command resumes it after any interruption.

They lie in .sonovae/checkpoints/KEY, as DVC deletes outs before a stage runs. The key is the hash
of the parameters, data and code that went in: a change of any of them starts a new training.
"""

import contextlib
import logging
import os
import shutil
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

import numpy as np

from sonovae.project import Project
from sonovae.runtime import checksums, lock

logger = logging.getLogger(__name__)

Arrays = dict[str, Any]
"""Arrays of any shape by name."""

DAYS = 7
"""Age at which another training deletes the checkpoints of an abandoned one."""
LOCK = "lock"


@final
@dataclass(frozen=True)
class Checkpoints:
    """Checkpoints of one training, the newest and the one before, in files NUMBER-SHA256.npz; those
    that another worker writes and deletes are `read_only`."""

    folder: Path
    read_only: bool = False
    thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    pending: list[Future[None]] = field(default_factory=list)

    def save(self, arrays: Arrays) -> None:
        """Begin to write a checkpoint, whole or not at all, while the training goes on."""
        if self.read_only:
            return
        self.wait()
        self.pending.append(self.thread.submit(self._write, arrays))

    def wait(self) -> None:
        """Wait until the last checkpoint is on disk; raise what went wrong there."""
        while self.pending:
            self.pending.pop().result()

    def _write(self, arrays: Arrays) -> None:
        before = self._files()
        part = self.folder / "part"
        with part.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
            file.flush()
            os.fsync(file.fileno())
        number = int(before[-1].name.split("-")[0]) + 1 if before else 1
        part.rename(self.folder / f"{number:06d}-{checksums.sha256(part)}.npz")
        _sync(self.folder)
        # Only now, as the new one must survive a power cut first.
        for old in before[:-1]:
            old.unlink()

    def load(self) -> Arrays | None:
        """Return the newest intact checkpoint, None if there is none; warn of damaged ones."""
        self.wait()
        for path in reversed(self._files()):
            arrays = _intact(path)
            if arrays is not None:
                return arrays
            logger.warning("%s is not what was written: the checkpoint before it is used", path)
            if not self.read_only:
                path.unlink()
        return None

    def delete(self) -> None:
        """Delete all checkpoints, once the model is written."""
        self.wait()
        shutil.rmtree(self.folder)

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("*-*.npz"))


def of_another(home: Path, key: str) -> Checkpoints:
    """Return the checkpoints of the training `key` for a worker that is not the first."""
    return Checkpoints(_folder(home, key), read_only=True)


@contextlib.contextmanager
def of(home: Path, key: str) -> Iterator[Checkpoints]:
    """Yield the checkpoints of the training `key`; raise UserError if another process has them."""
    folder = _folder(home, key)
    with lock.alone(folder / LOCK, "a training of the same parameters, data and code"):
        _sweep(folder)
        checkpoints = Checkpoints(folder)
        try:
            yield checkpoints
        finally:
            # The lock is released only when nothing is being written any more.
            checkpoints.wait()


def _intact(path: Path) -> Arrays | None:
    if checksums.sha256(path) != path.stem.split("-")[1]:
        return None
    # ValueError: an array of objects, which would need pickle.
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except (ValueError, zipfile.BadZipFile):
        return None


def _folder(home: Path, key: str) -> Path:
    return Project(home).private / "checkpoints" / key


def _sweep(own: Path) -> None:
    """Delete the checkpoints of abandoned trainings."""
    for folder in own.parent.iterdir():
        age = time.time() - folder.stat().st_mtime
        if age > DAYS * 24 * 3600 and not lock.is_held(folder / LOCK):
            shutil.rmtree(folder)


def _sync(folder: Path) -> None:
    """Make the renaming of a file survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
