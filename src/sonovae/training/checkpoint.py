"""Checkpoints of a training under way, so that the same command goes on after anything.

They lie in .sonovae/checkpoints/KEY/ and not among the outs, which DVC deletes before a stage runs. The key is the hash
of the parameters, data and code that went in: when one of them changes, a training starts afresh.
"""

import contextlib
import os
import shutil
import sys
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonovae.runtime import checksums, lock

Arrays = dict[str, NDArray[Any]]

DAYS = 7
"""Until a training that was given up loses its checkpoints to another that starts."""
LOCK = "lock"


@dataclass(frozen=True)
class Checkpoints:
    """Those of one training: files NUMBER-SHA256.npz, the newest and the one before."""

    folder: Path
    thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    under_way: list[Future[None]] = field(default_factory=list)

    def save(self, arrays: Arrays) -> None:
        """Write the newest, beside the training, which goes on; it appears whole or not at all, and the one before
        stays."""
        self.wait()
        self.under_way.append(self.thread.submit(self._write, arrays))

    def wait(self) -> None:
        """Until what was saved is on disk; raises what went wrong there."""
        while self.under_way:
            self.under_way.pop().result()

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
        for old in before[:-1]:
            old.unlink()

    def load(self) -> Arrays | None:
        """The newest that is what was written; the others are named. None where there is none."""
        self.wait()
        for path in reversed(self._files()):
            if checksums.sha256(path) == path.stem.split("-")[1]:
                with (
                    contextlib.suppress(ValueError, zipfile.BadZipFile),
                    np.load(path, allow_pickle=False) as arrays,
                ):
                    return dict(arrays)
            print(
                f"warning: {path} is not what was written: the checkpoint before it is used",
                file=sys.stderr,
            )
            self._discard(path)
        return None

    def delete(self) -> None:
        """When the model is whole, nothing is left behind."""
        self.wait()
        shutil.rmtree(self.folder)

    def _discard(self, path: Path) -> None:
        path.unlink()

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("*-*.npz"))


class Others(Checkpoints):
    """Another process's, which are read alone."""

    def save(self, arrays: Arrays) -> None:
        """The other does."""

    def _discard(self, path: Path) -> None:
        """Nor does it touch what is damaged."""


def of_another(home: Path, key: str) -> Checkpoints:
    """Those of the training with this key, for a worker that is not the first."""
    return Others(_folder(home, key))


@contextlib.contextmanager
def of(home: Path, key: str) -> Iterator[Checkpoints]:
    """The checkpoints of the training with this key, for this process alone; UserError where another has them. `home`
    is the project's folder."""
    folder = _folder(home, key)
    with lock.alone(folder / LOCK, "a training of the same parameters, data and code"):
        _sweep(folder)
        found = Checkpoints(folder)
        try:
            yield found
        finally:
            found.wait()


def _folder(home: Path, key: str) -> Path:
    return home / ".sonovae" / "checkpoints" / key


def _sweep(own: Path) -> None:
    """Delete the checkpoints of trainings that were given up."""
    for folder in own.parent.iterdir():
        if time.time() - folder.stat().st_mtime > DAYS * 24 * 3600 and not lock.is_held(
            folder / LOCK
        ):
            shutil.rmtree(folder)


def _sync(folder: Path) -> None:
    """So that a renamed file is there after a power cut, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
