"""MLflow: one run for each training, found by what produced it. The only room that knows MLflow.

Nothing here stops a stage: where the store cannot be reached, a line says so and the work goes on.
"""

import contextlib
import fcntl
import functools
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ParamSpec

from sonovae import params, provenance

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")  # the default waits minutes for a server that is gone

EXPERIMENT = "sonovae"
P = ParamSpec("P")


def _forgiving(action: Callable[P, None]) -> Callable[P, None]:
    @functools.wraps(action)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            action(*args, **kwargs)
        except Exception as error:  # whatever a store, a network or a disk may come up with
            print(f"warning: MLflow does not have this: {_in_a_line(error)}", file=sys.stderr)

    return wrapper


def _in_a_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


@contextlib.contextmanager
def training(root: Path, inputs: dict[str, str]) -> "Iterator[Training]":
    """The run of the training under way, into which these `inputs` went; it says so where that is stopped or fails."""
    run = Training(root, inputs)
    try:
        yield run
    except BaseException as error:
        run.ended("KILLED" if isinstance(error, KeyboardInterrupt | SystemExit) else "FAILED")
        raise


class Training:
    """The run of the training under way: the one that its key finds, so that it goes on where that was stopped."""

    def __init__(self, root: Path, inputs: dict[str, str]) -> None:
        self.client: Any = None
        self.run_id = ""
        self.seen: set[int] = set()
        self.last = time.monotonic()
        self._open(root, inputs)

    @_forgiving
    def _open(self, root: Path, inputs: dict[str, str]) -> None:
        self.client, experiment = _store(root)
        key = provenance.key(inputs)
        self.run_id = _find(self.client, experiment, "key", key) or _create(self.client, experiment, root, inputs)
        self.client.update_run(self.run_id, status="RUNNING")
        self.seen = {point.step for point in self.client.get_metric_history(self.run_id, "loss")}

    @_forgiving
    def epoch(self, epoch: int, losses: dict[str, float]) -> None:
        """Log an epoch's losses and how long it took, unless the same training has logged them before."""
        seconds, self.last = time.monotonic() - self.last, time.monotonic()
        if self.run_id and epoch not in self.seen:
            _log_metrics(self.client, self.run_id, losses | {"seconds": seconds}, step=epoch)

    @_forgiving
    def trained(self, folder: Path, model_id: str) -> None:
        """Log the model's folder, and its id, by which evaluate and generate find the run."""
        if self.run_id:
            self.client.set_tag(self.run_id, "model_id", model_id)
            self.client.log_artifacts(self.run_id, str(folder), "model")
            self.client.set_terminated(self.run_id)

    @_forgiving
    def ended(self, status: str) -> None:
        """Say that it did not come to its end."""
        if self.run_id:
            self.client.set_terminated(self.run_id, status)


@_forgiving
def result(root: Path, stage: str, model_id: str, folder: Path, metrics: dict[str, Any] | None = None) -> None:
    """Log what a stage made of a model to the model's run: its files, its section of the parameters and its metrics."""
    client, experiment = _store(root)
    run_id = _find(client, experiment, "model_id", model_id)
    if not run_id:  # made elsewhere, or taken from DVC's cache
        run_id = _create(client, experiment, root, provenance.inputs(root, "train"))
        client.set_tag(run_id, "model_id", model_id)
    section = params.plain(getattr(params.load(root / "params.yaml"), stage))
    for name, value in _flat(section, f"{stage}.").items():
        client.set_tag(run_id, name, value)  # not as params, which MLflow never changes
    _log_metrics(client, run_id, _flat(metrics or {}, ""), step=0)
    client.log_artifacts(run_id, str(folder), stage)
    client.set_terminated(run_id)


def run_of(root: Path, model_id: str) -> str:
    """In words, where the run of a model is found; a mere question makes no store."""
    unknown = "MLflow knows no run of this model here"
    if not os.environ.get("MLFLOW_TRACKING_URI") and not (provenance.home(root) / "mlruns/mlflow.db").is_file():
        return unknown
    try:
        client, experiment = _store(root)
        run_id = _find(client, experiment, "model_id", model_id)
        return f"MLflow run {client.get_run(run_id).info.run_name}, {run_id}" if run_id else unknown
    except Exception as error:
        return f"MLflow cannot be asked: {_in_a_line(error)}"


def _store(root: Path) -> tuple[Any, str]:
    """A client of the tracking server, or of the database under mlruns/, and the experiment's id."""
    from mlflow import MlflowClient

    if uri := os.environ.get("MLFLOW_TRACKING_URI"):
        return (client := MlflowClient(uri)), _experiment(client, None)
    home = provenance.home(root) / "mlruns"
    home.mkdir(exist_ok=True)
    with (home / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of two that make the database at once, one would die
        path = str(home / "mlflow.db").replace("%", "%25").replace("?", "%3F")  # in a URI these mean something else
        client = MlflowClient(f"sqlite:///{path}")
        return client, _experiment(client, (home / "artifacts").as_uri())


def _experiment(client: Any, artifacts: str | None) -> str:
    found = client.get_experiment_by_name(EXPERIMENT)
    return str(found.experiment_id if found else client.create_experiment(EXPERIMENT, artifacts))


def _find(client: Any, experiment: str, tag: str, value: str) -> str:
    """The run with this tag, or nothing."""
    found = client.search_runs([experiment], f"tags.`{tag}` = '{value}'", max_results=1)
    return str(found[0].info.run_id) if found else ""


def _create(client: Any, experiment: str, root: Path, hashes: dict[str, str]) -> str:
    """A new run that says what went into the training, whose `hashes` these are."""
    key = provenance.key(hashes)
    tags = {f"input.{name}": digest for name, digest in hashes.items()} | provenance.commit(root) | {"key": key}
    run = client.create_run(experiment, tags=tags, run_name=key[:8])
    sections = params.plain(params.load(root / "params.yaml"))
    for section in ("fetch", "preprocess", "train"):
        for name, setting in _flat(sections[section], f"{section}.").items():
            client.log_param(run.info.run_id, name, setting)
    client.log_artifact(run.info.run_id, str(root / "params.yaml"))
    return str(run.info.run_id)


def _log_metrics(client: Any, run_id: str, values: dict[str, float], step: int) -> None:
    from mlflow.entities import Metric

    now = int(1000 * time.time())
    client.log_batch(run_id, [Metric(name, value, now, step) for name, value in values.items()])


def _flat(section: Any, prefix: str) -> dict[str, Any]:
    """Nested parameters or metrics by dotted name; a list is one value."""
    flat: dict[str, Any] = {}
    for name, value in section.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return flat
