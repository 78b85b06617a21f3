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

from sonovae import lock, provenance
from sonovae.tracking.store import Store, in_a_line, now

AGAIN = 30.0
"""Seconds after which a store that was away is asked again."""
NAME, LOCK = "points.jsonl", "lock"
Line = dict[str, Any]


class Journal:
    """What is noted of one training, a JSON object a line: its run's header, points, and in which state it is."""

    def __init__(self, root: Path, folder: Path, header: Line) -> None:
        self.folder, self.sender, self.new, self.over = folder, Sender(root, folder), threading.Event(), False
        before = _lines(folder)
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
        self.over = True
        self._note({"status": status})
        self.thread.join(patience)
        if self.thread.is_alive() or self.sender.fault:
            why = self.sender.fault or "it does not answer"
            print(f"warning: MLflow lacks this training, `make track` brings it later: {why}", file=sys.stderr)
            return False
        shutil.rmtree(self.folder)
        return True

    def _note(self, line: Line) -> None:
        with (self.folder / NAME).open("a", encoding="utf-8") as file:
            file.write(f"\n{json.dumps(line)}")  # after half a line, too, that a killed process left
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
        self.run_id, self.sent, self.fault = "", 0, ""
        self.seen: set[int] = set()

    def send(self) -> None:
        """Bring what is new; `fault` says why it could not."""
        lines = _lines(self.folder)
        try:
            self._bring(self._open(lines[0]), lines[self.sent :])
            self.sent, self.fault = len(lines), ""
        except Exception as error:  # whatever a store, a network or a disk may come up with
            if not self.fault:
                print(f"warning: MLflow is away, and the work goes on: {in_a_line(error)}", file=sys.stderr)
            self.fault = in_a_line(error)

    def _open(self, header: Line) -> Store:
        if not self.store:
            store = Store(self.root)
            self.run_id = store.open(header)
            self.seen = store.steps(self.run_id)
            self.store = store
        return self.store

    def _bring(self, store: Store, lines: list[Line]) -> None:
        points = [line for line in lines if "step" in line and line["step"] not in self.seen]
        store.metrics(self.run_id, [(line["time"], line["step"], line["metrics"]) for line in points])
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
        if not lock.is_held(path.parent / LOCK):
            (sender := Sender(root, path.parent)).send()
            if not sender.fault:
                shutil.rmtree(path.parent)
                done += 1
    return f"MLflow has the points of {done} more trainings" if done else ""


def _folders(root: Path) -> Path:
    return provenance.home(root) / ".sonovae" / "points"


def _lines(folder: Path) -> list[Line]:
    """All whole lines."""
    path, lines = folder / NAME, []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        with contextlib.suppress(ValueError):
            lines.append(json.loads(line))
    return lines
