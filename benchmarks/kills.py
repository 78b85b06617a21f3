"""`make kills`: kill a training ten times at a random step, resume it, and compare the result.

Print the differences from a training that ran through, and fail if there are any.
"""

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import project
from sonovae import tracking
from sonovae.runtime import checksums

SMALL: dict[str, Any] = {"fetch.whistles.whistlers": 6, "train.epochs": 60, "train.batch_size": 4}


def main() -> None:
    """Kill a training ten times, in .sonovae/kills."""
    if found := trial(project.ROOT / ".sonovae" / "kills", SMALL, kills=10):
        sys.exit("; ".join(found))
    print("the model is the same, byte by byte; one run in MLflow; nothing left behind")


def trial(at: Path, changes: dict[str, Any], kills: int, seed: int = 1) -> list[str]:
    """Train once without and once with kills, with these parameters; return the differences."""
    shutil.rmtree(at, ignore_errors=True)
    project.make(at / "whole", "starter", changes)
    project.run(at / "whole", "fetch", "preprocess", stdout=subprocess.DEVNULL)
    shutil.copytree(at / "whole", at / "killed", symlinks=True)
    project.run(at / "whole", "train", stdout=subprocess.DEVNULL)
    survive(at / "killed", changes["train.epochs"], kills, random.Random(seed))
    return differences(at / "whole", at / "killed")


def survive(at: Path, epochs: int, kills: int, rng: random.Random) -> None:
    """Train to the end, killed at random moments after random epochs, later each time."""
    for epoch in sorted(rng.sample(range(1, epochs - 1), kills)):
        with subprocess.Popen(
            project.command("train"),
            cwd=at,
            env=project.environment("train"),
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            for line in process.stdout or ():
                if line.startswith("train: epoch ") and int(line.split()[2].split("/")[0]) >= epoch:
                    time.sleep(rng.uniform(0, 0.3))
                    break
            process.send_signal(signal.SIGKILL)
        print(f"killed after {line.split(':')[0]}", flush=True)
    project.run(at, "train", stdout=subprocess.DEVNULL)


def differences(one: Path, other: Path) -> list[str]:
    """Return the faults of a killed training: its files, its run, and what is left behind."""
    found = [
        f"{path.name} differs"
        for path in sorted((one / "data/model").rglob("*"))
        if path.is_file()
        and checksums.sha256(path) != checksums.sha256(other / path.relative_to(one))
    ]
    runs = (store := tracking.Store(other)).runs(stage="train")
    if len(runs) != 1 or runs[0].info.status != "FINISHED":
        found.append(f"MLflow has {len(runs)} runs: {[each.info.status for each in runs]}")
    steps = [point.step for point in store.client.get_metric_history(runs[0].info.run_id, "loss")]
    if steps != list(range(1, len(steps) + 1)):
        found.append(f"epochs in MLflow: {steps}")
    left = [
        *other.glob(".sonovae/checkpoints/*"),
        *other.glob(".sonovae/points/*"),
        *other.glob("data/.*"),
    ]
    return found + [f"{path} is left" for path in left]


if __name__ == "__main__":
    main()
