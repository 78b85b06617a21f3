"""Points of a training under way: on disk at once, from there to the store whenever that can be reached.

A thread of its own does so, and training never waits for it. What it could not bring, `make track` brings later.
"""

import contextlib
import json
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sonovae.errors import UserError
from sonovae.runtime import environment, lock
from sonovae.tracking.store import Store, in_a_line, now

AGAIN = 30.0
"""Seconds after which a store that was away is asked again."""
NAME, LOCK = "points.jsonl", "lock"
ENDS = ("FINISHED", "FAILED", "KILLED")
Line = dict[str, Any]


class Journal:
    """What is noted of one training, a JSON object a line: its run's header, points, and in which state it is."""

    def __init__(self, root: Path, folder: Path, header: Line) -> None:
        self.folder, self.sender, self.new, self.over = (
            folder,
            Sender(root, folder),
            threading.Event(),
            False,
        )
        before, _ = _lines(folder, 0)
        self.known = {line.get("step") for line in before}
        for line in [*([] if before else [header]), {"status": "RUNNING"}]:
            self._note(line)
        self.thread = threading.Thread(target=self._send, daemon=True)
        self.thread.start()

    def point(self, step: int, metrics: dict[str, float]) -> None:
        """Note the metrics of a step, unless they were noted before."""
        if step not in self.known:
            self.known.add(step)
            self._note({"time": now(), "step": step, "metrics": metrics})

    def close(self, status: str, patience: float) -> bool:
        """Note how it ended, and give the thread some seconds to bring what is left; whether it could."""
        self._note({"status": status})
        self.over = True
        self.new.set()
        self.thread.join(patience)
        if self.thread.is_alive() or self.sender.fault:
            why = self.sender.fault or "it does not answer"
            print(
                f"warning: MLflow lacks this training, `make track` brings it later: {why}",
                file=sys.stderr,
            )
            return False
        shutil.rmtree(self.folder, ignore_errors=True)
        return True

    def _note(self, line: Line) -> None:
        with (self.folder / NAME).open("a", encoding="utf-8") as file:
            file.write(
                f"\n{json.dumps(line)}\n"
            )  # after half a line, too, that a killed process left
        self.new.set()

    def _send(self) -> None:
        while not self.over or self.new.is_set():
            self.new.wait(AGAIN if self.sender.fault else None)
            self.new.clear()
            self.sender.send()


class Sender:
    """Brings a journal's lines to the store, from where it came to last."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root, self.folder = root, folder
        self.store: Store | None = None
        self.run_id, self.sent, self.fault = "", 0, ""  # `sent` counts bytes
        self.seen: set[int] = set()

    def send(self) -> None:
        """Bring what is new; `fault` says why it could not."""
        lines, end = _lines(self.folder, self.sent)
        try:
            self._bring(self._open(lines), lines)
            self.sent, self.fault = end, ""
        except Exception as error:  # whatever a store, a network or a disk may come up with
            if not self.fault:
                print(
                    f"warning: MLflow is away, and the work goes on: {in_a_line(error)}",
                    file=sys.stderr,
                )
            self.fault = in_a_line(error)

    def _open(self, lines: list[Line]) -> Store:
        if not self.store:
            store = Store(self.root)
            self.run_id = store.open(lines[0])
            self.seen = store.steps(self.run_id)
            self.store = store
        return self.store

    def _bring(self, store: Store, lines: list[Line]) -> None:
        points = [line for line in lines if "step" in line and line["step"] not in self.seen]
        store.metrics(
            self.run_id, [(line["time"], line["step"], line["metrics"]) for line in points]
        )
        self.seen |= {line["step"] for line in points}
        for state in [line["status"] for line in lines if "status" in line][-1:]:
            store.state(self.run_id, state)


@contextlib.contextmanager
def of(root: Path, header: Line) -> Iterator[Journal]:
    """The journal of the training whose run has this `header`, for this process alone."""
    folder = _folders(root) / header["tags"]["key"]
    with lock.alone(folder / LOCK, "a training of the same parameters, data and code"):
        yield Journal(root, folder, header)


def bring(root: Path) -> str:
    """Bring the points of trainings that nobody is at any more; says how many there were, if any."""
    done = 0
    for path in sorted(_folders(root).glob(f"*/{NAME}")):
        with contextlib.suppress(UserError), lock.alone(path.parent / LOCK, "a training"):
            if not _bring(root, path.parent):
                break
            done += 1
    return f"MLflow has the points of {done} more trainings" if done else ""


def _bring(root: Path, folder: Path) -> bool:
    """Bring one's points; whether that could be done. One that was killed could not say so itself."""
    lines, _ = _lines(folder, 0)
    if not lines or lines[-1].get("status") not in ENDS:
        with (folder / NAME).open("a", encoding="utf-8") as file:
            file.write(f"\n{json.dumps({'status': 'KILLED'})}\n")
    (sender := Sender(root, folder)).send()
    if not sender.fault:
        shutil.rmtree(folder)
    return not sender.fault


def _folders(root: Path) -> Path:
    return environment.home(root) / ".sonovae" / "points"


def _lines(folder: Path, start: int) -> tuple[list[Line], int]:
    """All whole lines from a byte on, and the byte after them."""
    path, lines = folder / NAME, []
    if not path.exists():
        return [], 0
    with path.open("rb") as file:
        file.seek(start)
        whole = file.read().rpartition(b"\n")[0]
    for line in whole.splitlines():
        with contextlib.suppress(ValueError):
            lines.append(json.loads(line))
    return lines, start + len(whole)
