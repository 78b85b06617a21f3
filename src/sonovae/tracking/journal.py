"""Points of a training under way: written to disk at once, and sent to MLflow by a thread.

Training never waits for that thread. `make track` sends what the thread could not.
"""

import contextlib
import json
import logging
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sonovae.errors import UserError
from sonovae.project import Project
from sonovae.runtime import lock
from sonovae.tracking.connection import one_line
from sonovae.tracking.store import Store, timestamp

logger = logging.getLogger(__name__)

RETRY_SECONDS = 30.0
"""Pause before a store that could not be reached is asked again."""
NAME = "points.jsonl"
LOCK = "lock"
END_STATES = ("FINISHED", "FAILED", "KILLED")
Line = dict[str, Any]


class Journal:
    """File of one training: the header of its run, points and states, a JSON object a line."""

    def __init__(self, root: Path, folder: Path, header: Line) -> None:
        self.folder = folder
        self.sender = Sender(root, folder)
        self.changed = threading.Event()
        self.closed = False
        lines, _ = _read(folder, 0)
        self.steps = {line.get("step") for line in lines}
        if not lines:
            self._write(header)
        self._write({"status": "RUNNING"})
        self.thread = threading.Thread(target=self._send, daemon=True)
        self.thread.start()

    def point(self, step: int, metrics: dict[str, float]) -> None:
        """Write the metrics of a step, unless the journal has them."""
        if step not in self.steps:
            self.steps.add(step)
            self._write({"time": timestamp(), "step": step, "metrics": metrics})

    def close(self, status: str, patience: float) -> bool:
        """Write the last state, wait `patience` seconds for the thread, and return its success."""
        self._write({"status": status})
        self.closed = True
        self.changed.set()
        self.thread.join(patience)
        if self.thread.is_alive() or self.sender.fault:
            why = self.sender.fault or "it does not answer"
            logger.warning("MLflow lacks this training, `make track` brings it later: %s", why)
            return False
        shutil.rmtree(self.folder, ignore_errors=True)
        return True

    def _write(self, line: Line) -> None:
        _append(self.folder, line)
        self.changed.set()

    def _send(self) -> None:
        while not self.closed or self.changed.is_set():
            self.changed.wait(RETRY_SECONDS if self.sender.fault else None)
            self.changed.clear()
            self.sender.send()


class Sender:
    """Sends a journal's lines to the store, from the first line that it has not sent."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root = root
        self.folder = folder
        self.store: Store
        self.run_id = ""
        self.sent = 0
        self.fault = ""
        self.steps: set[int] = set()

    def send(self) -> None:
        """Send new lines; `sent` counts the bytes so far, `fault` is the reason of a failure."""
        lines, end = _read(self.folder, self.sent)
        try:
            if not self.run_id:
                self.store = Store(self.root)
                run_id = self.store.open(lines[0])
                self.steps = self.store.steps(run_id)
                # Last, so that a failure above is tried again.
                self.run_id = run_id
            self._send(lines)
            self.sent = end
            self.fault = ""
        # Stores, networks and disks raise many kinds.
        except Exception as error:
            reason = one_line(error)
            # A store that stays away is reported once.
            if not self.fault:
                logger.warning("MLflow is away, and the work goes on: %s", reason)
            self.fault = reason

    def _send(self, lines: list[Line]) -> None:
        new = [line for line in lines if "step" in line and line["step"] not in self.steps]
        points = [(line["time"], line["step"], line["metrics"]) for line in new]
        self.store.log_points(self.run_id, points)
        self.steps.update(line["step"] for line in new)
        states = [line["status"] for line in lines if "status" in line]
        if states:
            self.store.set_status(self.run_id, states[-1])


@contextlib.contextmanager
def opened(root: Path, header: Line) -> Iterator[Journal]:
    """Yield the journal of the training whose run has this header; UserError if it is in use."""
    folder = _folders(root) / header["tags"]["key"]
    with lock.alone(folder / LOCK, "a training of the same parameters, data and code"):
        yield Journal(root, folder, header)


def send_all(root: Path) -> int:
    """Send the journals that no process writes to any more; return how many were sent."""
    sent = 0
    for path in sorted(_folders(root).glob(f"*/{NAME}")):
        folder = path.parent
        # A training under way holds the lock, and sends its points itself.
        with contextlib.suppress(UserError), lock.alone(folder / LOCK, "a training"):
            lines, _ = _read(folder, 0)
            # A process that was killed could not write so itself.
            if not lines or lines[-1].get("status") not in END_STATES:
                _append(folder, {"status": "KILLED"})
            sender = Sender(root, folder)
            sender.send()
            if sender.fault:
                break
            shutil.rmtree(folder)
            sent += 1
    if sent:
        logger.info("MLflow has the points of %d more trainings", sent)
    return sent


def _folders(root: Path) -> Path:
    return Project(root).private / "points"


def _append(folder: Path, line: Line) -> None:
    # The first line break ends what a killed process may have left of a line.
    with (folder / NAME).open("a", encoding="utf-8") as file:
        file.write(f"\n{json.dumps(line)}\n")


def _read(folder: Path, start: int) -> tuple[list[Line], int]:
    """Return the complete lines from byte `start` on, and the byte after them."""
    path = folder / NAME
    if not path.exists():
        return [], 0
    with path.open("rb") as file:
        file.seek(start)
        complete = file.read().rpartition(b"\n")[0]
    lines = []
    for line in complete.splitlines():
        # Half a line of a killed process, or an empty one.
        with contextlib.suppress(ValueError):
            lines.append(json.loads(line))
    return lines, start + len(complete)
