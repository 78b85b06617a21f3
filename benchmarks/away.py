"""`make away`: training with a tracking server that is killed, compared with one that stays.

Print the seconds of both; fail if a point is missing or if there are two runs.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import project, servers
from sonovae import tracking

SETTINGS: dict[str, Any] = {"train.epochs": 60}


def main() -> None:
    """Run both trainings in .sonovae/away."""
    seconds = trial(project.ROOT / ".sonovae" / "away", SETTINGS)
    ratio = seconds["killed"] / seconds["steady"]
    print(
        f"training takes {seconds['steady']:.1f} s, "
        f"and {seconds['killed']:.1f} s without a server: {ratio:.3f} times"
    )


def trial(at: Path, changes: dict[str, Any]) -> dict[str, float]:
    """Train under a server that stays and under one that is killed.

    Return the seconds of both; raise SystemExit if points are lost.
    """
    project.make(at, "starter", changes)
    project.run(at, "fetch", "preprocess", stdout=subprocess.DEVNULL)
    uri = f"http://127.0.0.1:{servers.free_port()}"
    seconds = {}
    for name, seed in (("steady", 1), ("killed", 2)):  # with the same seed it would be the same run
        project.params.edit(at / "params.yaml", {"train.seed": seed})
        with server(at, uri) as process:
            seconds[name] = _train(
                at, uri, changes["train.epochs"] // 2 if name == "killed" else 0, process
            )
    with server(at, uri):
        # Its exit code is 2, as there is no dvc.lock here; the points come all the same.
        subprocess.run(
            [sys.executable, "-m", "sonovae", "track"], cwd=at, env=_environment(uri), check=False
        )
        if faults := _missing(at, uri, changes["train.epochs"]):
            sys.exit("; ".join(faults))
    return seconds


def _train(at: Path, uri: str, killed_after: int, process: "subprocess.Popen[bytes]") -> float:
    """Train, kill the server after an epoch (0: never), and return the seconds."""
    begun = 0.0
    with subprocess.Popen(
        project.command("train"), cwd=at, env=_environment(uri), stdout=subprocess.PIPE, text=True
    ) as training:
        for line in training.stdout or ():
            if line.startswith("train: epoch 1/"):
                begun = time.monotonic()  # the first one compiles
            if killed_after and line.startswith(f"train: epoch {killed_after}/"):
                os.killpg(process.pid, signal.SIGKILL)
            if line.startswith("train: epoch "):
                last = time.monotonic()
    if training.returncode:
        sys.exit(f"the training ended with {training.returncode}")
    return last - begun


def _missing(at: Path, uri: str, epochs: int) -> list[str]:
    os.environ["MLFLOW_TRACKING_URI"] = uri
    runs = (store := tracking.Store(at)).runs(stage="train")
    found = [] if len(runs) == 2 else [f"MLflow has {len(runs)} runs and not 2"]
    for run in runs:
        steps = [point.step for point in store.client.get_metric_history(run.info.run_id, "loss")]
        if steps != list(range(1, epochs + 1)):
            found.append(f"run {run.info.run_name} has the epochs {steps}")
        if run.info.status != "FINISHED":
            found.append(f"run {run.info.run_name} is {run.info.status}")
    return found


@contextlib.contextmanager
def server(at: Path, uri: str) -> "Iterator[subprocess.Popen[bytes]]":
    """Run a tracking server that keeps its runs in a folder."""
    store = (
        "--backend-store-uri",
        f"sqlite:///{at}/server.db",
        "--artifacts-destination",
        str(at / "server"),
    )
    port = int(uri.rpartition(":")[2])
    words = (
        "mlflow",
        "server",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--workers",
        "1",
        *store,
    )
    with servers.running(
        sys.executable, "-m", *words, port=port, cwd=at, env=_environment(uri)
    ) as process:
        yield process


def _environment(uri: str) -> dict[str, str]:
    own = {
        "MLFLOW_TRACKING_URI": uri,
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    return project.environment("train") | own


if __name__ == "__main__":
    main()
