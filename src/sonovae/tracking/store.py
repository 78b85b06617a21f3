"""Where runs are kept: on a tracking server, or in the database and the files under mlruns/."""

import contextlib
import functools
import getpass
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, ParamSpec

from sonovae import params
from sonovae.errors import UserError
from sonovae.runtime import environment, lock

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
os.environ.setdefault(
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1"
)  # the default waits minutes for a server that is gone
os.environ.setdefault(
    "MLFLOW_HTTP_REQUEST_TIMEOUT", "20"
)  # seconds, for one that is there and does not answer

EXPERIMENT = "sonovae"
MOST_METRICS, MOST_PARAMS = 1000, 100
"""That MLflow takes at once."""
FORBIDDEN = re.compile(r"[^\w./: -]")
"""In names of parameters."""
P = ParamSpec("P")


def forgiving(again: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """For an action that stops nobody's work: where the store cannot be reached, a line says so, and which command
    tries `again`."""

    def decorate(action: Callable[P, None]) -> Callable[P, None]:
        @functools.wraps(action)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> None:
            try:
                action(*args, **kwargs)
            except Exception as error:  # whatever a store, a network or a disk may come up with
                said = in_a_line(error).removeprefix("error: ")
                print(
                    f"warning: MLflow does not have this: {said}; `{again}` tries again",
                    file=sys.stderr,
                )

        return wrapper

    return decorate


@contextlib.contextmanager
def reached() -> Iterator[None]:
    """What a person asked of MLflow: where that fails, they are told in a line."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except (MlflowException, OSError) as error:
        raise UserError(f"MLflow has not done it: {in_a_line(error)}") from None


def is_there(root: Path) -> bool:
    """Whether there is a store to be asked: a mere question makes none."""
    return (
        bool(os.environ.get("MLFLOW_TRACKING_URI"))
        or (environment.home(root) / "mlruns/mlflow.db").is_file()
    )


def in_a_line(error: Exception) -> str:
    """What it says, shortened, and without the login that an address may hold."""
    return re.sub(r"//[^/\s@]+@", "//", " ".join(str(error).split()))[:200]


class Store:
    """Runs of the experiment, each found by its key. All methods raise whatever MLflow does."""

    def __init__(self, root: Path) -> None:
        from mlflow import MlflowClient

        self.client: Any
        self.turn: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext
        if uri := os.environ.get("MLFLOW_TRACKING_URI"):
            self.client = MlflowClient(uri)
            self.experiment = self._experiment(None)
            return
        home = environment.home(root) / "mlruns"
        home.mkdir(exist_ok=True)
        self.turn = functools.partial(lock.in_turn, home / ".lock")
        with self.turn():  # of two that make the database at once, one would die
            if not (database := home / "mlflow.db").exists():
                _make(database)
            self.client = MlflowClient(_uri(database))
            self.experiment = self._experiment((home / "artifacts").as_uri())

    def _experiment(self, artifacts: str | None) -> str:
        found = self.client.get_experiment_by_name(EXPERIMENT)
        return str(
            found.experiment_id if found else self.client.create_experiment(EXPERIMENT, artifacts)
        )

    def runs(self, **tags: str) -> list[Any]:
        """Those with all these tags, newest first."""
        wanted = " and ".join(f"tags.`{name}` = '{value}'" for name, value in tags.items())
        return list(
            self.client.search_runs(
                [self.experiment], wanted, order_by=["attributes.start_time DESC"]
            )
        )

    def open(self, header: dict[str, Any], outs: dict[str, str] | None = None) -> str:
        """The id of the run that a `header` describes by name, tags (its key among them) and params, and that has these
        `outs` or none yet; where there is none, it is made."""
        with self.turn():
            for run in self.runs(key=header["tags"]["key"]):
                if outs is None or all(
                    run.data.tags.get(_output(name), each) == each for name, each in outs.items()
                ):
                    self.params(run, header["params"])
                    return str(run.info.run_id)
            # These MLflow shows beside a run.
            own = {
                "mlflow.user": _user(),
                "mlflow.source.name": f"stages/{header['tags']['stage']}.py",
            }
            run = self.client.create_run(
                self.experiment, header["time"], header["tags"] | own, header["name"]
            )
        self.params(run, header["params"])
        return str(run.info.run_id)

    def params(self, run: Any, values: dict[str, Any]) -> None:
        """Log those of nested parameters, by dotted name, that the run lacks."""
        from mlflow.entities import Param

        named = {
            FORBIDDEN.sub("_", name): str(value) for name, value in params.flat(values).items()
        }
        lacking = [
            Param(name, value) for name, value in named.items() if name not in run.data.params
        ]
        for some in _pieces(lacking, MOST_PARAMS):
            self.client.log_batch(run.info.run_id, params=some)

    def metrics(self, run_id: str, points: Iterable[tuple[int, int, dict[str, float]]]) -> None:
        """Log points: milliseconds since 1970, step, values by name."""
        from mlflow.entities import Metric

        each = [
            Metric(name, value, time, step)
            for time, step, values in points
            for name, value in values.items()
        ]
        for some in _pieces(each, MOST_METRICS):
            self.client.log_batch(run_id, metrics=some)

    def steps(self, run_id: str) -> set[int]:
        """The epochs whose losses it has."""
        return {point.step for point in self.client.get_metric_history(run_id, "loss")}

    def dataset(self, run_id: str, path: str, digest: str, source: dict[str, Any]) -> None:
        """Log the folder that DVC has under this hash, with its recordings' source, as what it was trained on."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        data = Dataset(path, digest, "dvc", json.dumps({"path": path, "md5": digest} | source))
        self.client.log_inputs(
            run_id, [DatasetInput(data, [InputTag("mlflow.data.context", "training")])]
        )

    def state(self, run_id: str, state: str) -> None:
        """RUNNING, or one in which it ended."""
        if state == "RUNNING":
            self.client.update_run(run_id, status=state)
        else:
            self.client.set_terminated(run_id, state)

    def finish(self, run_id: str, outs: dict[str, str], tags: dict[str, str]) -> None:
        """Set tags, the hashes of the outs among them: a run that has these holds all of the result."""
        from mlflow.entities import RunTag

        found = tags | {_output(name): hashed for name, hashed in outs.items()}
        self.client.log_batch(run_id, tags=[RunTag(name, value) for name, value in found.items()])
        self.state(run_id, "FINISHED")

    def holds(self, run_id: str, outs: dict[str, str]) -> bool:
        """Whether it holds all of the result with these outs."""
        run = self.client.get_run(run_id)
        return all(run.data.tags.get(_output(name)) == hashed for name, hashed in outs.items())


def now() -> int:
    """Milliseconds since 1970, as MLflow counts."""
    return int(1000 * time.time())


def _make(database: Path) -> None:
    """Whole or not at all: its tables take MLflow a second or two, and it never gets over a kill among them."""
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    part = (
        database.parent / ".part"
    )  # a folder, for what SQLite leaves beside a database when it is killed
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    store = SqlAlchemyStore(_uri(part / database.name), (database.parent / "artifacts").as_uri())  # type: ignore[no-untyped-call]
    store.engine.dispose()  # which closes it
    (part / database.name).rename(database)
    part.rmdir()


def _uri(database: Path) -> str:
    """In one, two letters mean something else."""
    return f"sqlite:///{database}".replace("%", "%25").replace("?", "%3F")


def _output(path: str) -> str:
    return f"output.{path}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, ImportError, OSError):  # a container may have no name for it
        return str(os.getuid())


def _pieces(each: list[Any], size: int) -> Iterator[list[Any]]:
    return (each[start : start + size] for start in range(0, len(each), size))
