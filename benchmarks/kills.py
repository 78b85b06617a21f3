"""`make kills`: kill -9 at a random step of a random epoch, ten times, each followed by the same command; then compare.

Prints what differs from a training that nobody killed, and fails where anything does.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from sonovae import checksums, params, tracking

ROOT = Path(__file__).parents[1]
SMALL: dict[str, Any] = {"fetch.whistles.whistlers": 6, "train.epochs": 60, "train.batch_size": 4}
TRAIN = [sys.executable, "stages/train.py"]


def main() -> None:
    """Ten kills, in .sonovae/kills."""
    if found := trial(ROOT / ".sonovae" / "kills", SMALL, kills=10):
        sys.exit("; ".join(found))
    print("the model is the same, byte by byte; one run in MLflow; nothing left behind")


def trial(at: Path, changes: dict[str, Any], kills: int, seed: int = 1) -> list[str]:
    """Train once without and once with kills, with these parameters; returns what differs."""
    shutil.rmtree(at, ignore_errors=True)
    project(at / "whole", changes)
    for stage in ("fetch", "preprocess"):
        run(at / "whole", stage)
    shutil.copytree(at / "whole", at / "killed")
    run(at / "whole", "train")
    survive(at / "killed", changes["train.epochs"], kills, random.Random(seed))
    return differences(at / "whole", at / "killed")


def project(at: Path, changes: dict[str, Any]) -> None:
    """A copy of the project, with other parameters."""
    for folder in ("src", "stages", "datasets"):
        shutil.copytree(ROOT / folder, at / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("dvc.yaml", "params.yaml"):
        shutil.copy(ROOT / name, at)
    (at / "data/recordings").mkdir(parents=True)
    params.edit(at / "params.yaml", changes)


def survive(at: Path, epochs: int, kills: int, rng: random.Random) -> None:
    """Train to the end, killed on the way: at a random moment after a random epoch, later each time."""
    for epoch in sorted(rng.sample(range(1, epochs - 1), kills)):
        with subprocess.Popen(TRAIN, cwd=at, env=environment(), stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout or ():
                if line.startswith("epoch ") and int(line.split()[1].split("/")[0]) >= epoch:
                    time.sleep(rng.uniform(0, 0.3))
                    break
            process.send_signal(signal.SIGKILL)
        print(f"killed after {line.split(':')[0]}", flush=True)
    run(at, "train")


def run(at: Path, stage: str) -> None:
    """Run a stage to its end."""
    words = [sys.executable, f"stages/{stage}.py"]
    subprocess.run(words, cwd=at, env=environment(), check=True, stdout=subprocess.DEVNULL)


def environment() -> dict[str, str]:
    """That of dvc.yaml's commands; lines are seen as they are printed."""
    return os.environ | {"PYTHONPATH": "src", "OPENBLAS_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}


def differences(one: Path, other: Path) -> list[str]:
    """What is not as it should be after a training that was killed: its files, its run, and what is left behind."""
    found = [
        f"{path.name} differs"
        for path in sorted((one / "data/model").rglob("*"))
        if path.is_file() and checksums.sha256(path) != checksums.sha256(other / path.relative_to(one))
    ]
    client, experiment = tracking._store(other)
    runs = client.search_runs([experiment])
    if len(runs) != 1 or runs[0].info.status != "FINISHED":
        found.append(f"MLflow has {len(runs)} runs: {[each.info.status for each in runs]}")
    steps = [point.step for point in client.get_metric_history(runs[0].info.run_id, "loss")]
    if steps != sorted(set(steps)) or steps != list(range(1, len(steps) + 1)):
        found.append(f"epochs in MLflow: {steps}")
    left = [*(other / ".sonovae/checkpoints").iterdir(), *other.glob("data/.*")]
    return found + [f"{path} is left" for path in left]


if __name__ == "__main__":
    main()
