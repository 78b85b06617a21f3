"""MLflow run of the training under way: one for each key, continued if the training was stopped."""

import contextlib
import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path

from sonovae.tracking import journal, provenance, runs, system
from sonovae.tracking.connection import best_effort
from sonovae.tracking.provenance import StageRecord

PATIENCE = 10.0
"""Seconds that the last points have to reach MLflow when a training ends."""
HASTE = 2.0
"""Seconds they have if it is stopped or fails: a stage that is stopped is killed after 3.5 s."""


class Training:
    """Run of the training under way."""

    def __init__(self, root: Path, record: StageRecord, points: journal.Journal) -> None:
        self.root = root
        self.record = record
        self.points = points
        self.last = time.monotonic()
        self.monitors = system.monitors()

    def epoch(self, epoch: int, losses: dict[str, float]) -> None:
        """Log an epoch's losses, its seconds and the load of the machine."""
        now = time.monotonic()
        seconds = {"seconds": now - self.last}
        self.last = now
        self.points.point(epoch, losses | seconds | system.metrics(self.monitors))

    def trained(self) -> None:
        """Finish the run and log the model's folder."""
        if self.points.close("FINISHED", PATIENCE):
            self._log()

    @best_effort("make track")
    def _log(self) -> None:
        record = dataclasses.replace(self.record, outs=provenance.outs(self.root, "train"))
        log = runs.RunLog(self.root, provenance.commit(self.root))
        log.training(record, provenance.sections(self.root))


@contextlib.contextmanager
def training(root: Path, record: StageRecord) -> Iterator[Training]:
    """Yield the run of a training; if the block fails or is stopped, the run's status says so."""
    header = runs.header(record, provenance.sections(root), provenance.commit(root))
    with journal.opened(root, header) as points:
        run = Training(root, record, points)
        try:
            yield run
        except BaseException as error:
            stopped = isinstance(error, KeyboardInterrupt | SystemExit)
            points.close("KILLED" if stopped else "FAILED", HASTE)
            raise
