"""Store of MLflow runs: a tracking server, or the database and files in mlruns/."""

import contextlib
import functools
import getpass
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sonovae import params
from sonovae.project import Project
from sonovae.runtime import lock
from sonovae.tracking import connection
from sonovae.tracking.provenance import output_tags

URI = "MLFLOW_TRACKING_URI"
"""Environment variable with the address of a tracking server."""
DATABASE = "mlflow.db"
EXPERIMENT = "sonovae"
PARENT = "mlflow.parentRunId"
"""Tag with the id of the training's run that a run lies below."""
MOST_METRICS = 1000
"""Metrics that MLflow accepts in one request."""
MOST_PARAMS = 100
"""Parameters that MLflow accepts in one request."""
FORBIDDEN = re.compile(r"[^\w./: -]")
"""Characters that MLflow refuses in the name of a parameter."""


class Store:
    """MLflow runs of the project, each found by its key. Methods raise MLflow's exceptions."""

    def __init__(self, root: Path) -> None:
        connection.configure()
        from mlflow import MlflowClient

        self.client: Any
        self.locked: Callable[[], contextlib.AbstractContextManager[None]]
        uri = os.environ.get(URI)
        if uri:
            self.client = MlflowClient(uri)
            self.locked = contextlib.nullcontext
            self.experiment = self._experiment(None)
            return
        folder = Project(root).mlruns
        folder.mkdir(exist_ok=True)
        self.locked = functools.partial(lock.in_turn, folder / ".lock")
        # Of two processes that create the same tables at once, one would fail.
        with self.locked():
            database = folder / DATABASE
            if not database.exists():
                _create(database)
            self.client = MlflowClient(_uri(database))
            self.experiment = self._experiment((folder / "artifacts").as_uri())

    def _experiment(self, artifacts: str | None) -> str:
        experiment = self.client.get_experiment_by_name(EXPERIMENT)
        if experiment:
            return str(experiment.experiment_id)
        return str(self.client.create_experiment(EXPERIMENT, artifacts))

    def runs(self, **tags: str) -> list[Any]:
        """Return the runs with all these tags, newest first."""
        query = " and ".join(f"tags.`{name}` = '{value}'" for name, value in tags.items())
        order = ["attributes.start_time DESC"]
        return list(self.client.search_runs([self.experiment], query, order_by=order))

    def open(self, header: dict[str, Any], outs: dict[str, str] | None = None) -> str:
        """Return the id of the run with the key of `header`, created if it is missing.

        A header has a name, a time, tags (with the key) and params. With `outs`, a run that
        already has other outs is another one.
        """
        tags = header["tags"]
        expected = output_tags(outs or {})
        # MLflow shows user and source in its table of runs.
        shown = {
            "mlflow.user": _user(),
            "mlflow.source.name": f"stages/{tags['stage']}.py",
        }
        with self.locked():
            runs = [run for run in self.runs(key=tags["key"]) if _can_have(run, expected)]
            new = (self.experiment, header["time"], tags | shown, header["name"])
            run = runs[0] if runs else self.client.create_run(*new)
        self._log_params(run, header["params"])
        return str(run.info.run_id)

    def _log_params(self, run: Any, values: dict[str, Any]) -> None:
        """Log nested parameters by dotted name, except those that the run has."""
        from mlflow.entities import Param

        named = {FORBIDDEN.sub("_", name): value for name, value in params.flat(values).items()}
        missing = {name: named[name] for name in named if name not in run.data.params}
        entities = [Param(name, str(value)) for name, value in missing.items()]
        for batch in _batches(entities, MOST_PARAMS):
            self.client.log_batch(run.info.run_id, params=batch)

    def log_points(self, run_id: str, points: Iterable[tuple[int, int, dict[str, float]]]) -> None:
        """Log metrics; a point is a time in ms since 1970, a step, and values by name."""
        from mlflow.entities import Metric

        entities = []
        for time_ms, step, values in points:
            entities += [Metric(name, value, time_ms, step) for name, value in values.items()]
        for batch in _batches(entities, MOST_METRICS):
            self.client.log_batch(run_id, metrics=batch)

    def steps(self, run_id: str) -> set[int]:
        """Return the epochs whose losses a run has."""
        return {point.step for point in self.client.get_metric_history(run_id, "loss")}

    def log_dataset(self, run_id: str, path: str, digest: str, source: dict[str, Any]) -> None:
        """Log the folder `path` with DVC's hash and its recordings' source as training data."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        data = Dataset(path, digest, "dvc", json.dumps({"path": path, "md5": digest} | source))
        context = InputTag("mlflow.data.context", "training")
        self.client.log_inputs(run_id, [DatasetInput(data, [context])])

    def set_status(self, run_id: str, status: str) -> None:
        """Set a run's status: RUNNING, FINISHED, FAILED or KILLED."""
        if status == "RUNNING":
            self.client.update_run(run_id, status=status)
        else:
            self.client.set_terminated(run_id, status)

    def finish(self, run_id: str, outs: dict[str, str], tags: dict[str, str]) -> None:
        """Finish a run; the hashes of its outs, as tags, say that the whole result is logged."""
        from mlflow.entities import RunTag

        every = tags | output_tags(outs)
        self.client.log_batch(run_id, tags=[RunTag(name, value) for name, value in every.items()])
        self.set_status(run_id, "FINISHED")

    def holds(self, run_id: str, outs: dict[str, str]) -> bool:
        """Whether the whole result with these outs is logged to a run."""
        return output_tags(outs).items() <= self.client.get_run(run_id).data.tags.items()


def has_store(root: Path) -> bool:
    """Whether there is a store that can be asked; a question must not create one."""
    return bool(os.environ.get(URI)) or (Project(root).mlruns / DATABASE).is_file()


def timestamp() -> int:
    """Return the time in milliseconds since 1970, as MLflow counts."""
    return int(1000 * time.time())


def _create(database: Path) -> None:
    """Create a database with MLflow's tables, whole or not at all.

    Creating the tables takes a second or two, and MLflow cannot open a database that lacks some.
    """
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    # A folder, not `atomic.file`: SQLite leaves side files next to a database if it is killed.
    part = database.parent / ".part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    artifacts = (database.parent / "artifacts").as_uri()
    store = SqlAlchemyStore(_uri(part / database.name), artifacts)  # type: ignore[no-untyped-call]
    store.engine.dispose()  # Closes the file before it is renamed.
    (part / database.name).rename(database)
    part.rmdir()


def _can_have(run: Any, expected: dict[str, str]) -> bool:
    return all(run.data.tags.get(name, value) == value for name, value in expected.items())


def _uri(database: Path) -> str:
    # SQLAlchemy decodes percent signs and reads options after a question mark.
    return f"sqlite:///{database}".replace("%", "%25").replace("?", "%3F")


def _user() -> str:
    try:
        return getpass.getuser()
    except (
        KeyError,
        ImportError,
        OSError,
    ):  # A container may have no name for the user.
        return str(os.getuid())


def _batches(entities: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(entities), size):
        yield entities[start : start + size]
