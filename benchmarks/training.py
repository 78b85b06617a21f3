"""Cost of training: the project's network compared with its predecessor, on one machine.

Synthetic pictures of 256×64 and z of 128, since time does not depend on content. Each measurement
is a process of its own.
"""

import multiprocessing
import os
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks import project

SHAPE = (256, 64)


@dataclass(frozen=True)
class Case:
    """A network to time: its recipe, batch size, epochs and clips."""

    recipe: str
    batch_size: int
    clips: int
    reproducible: bool = False
    epochs: int = 4


@dataclass(frozen=True)
class Cost:
    """Cost of the epochs after the first, which compiles.

    Clips per second, CPU in percent, share of time spent reading batches, and peak memory in MiB.
    """

    clips_per_second: float
    cpu_percent: float
    reading: float
    peak_mib: float


OURS = Case("starter", batch_size=64, clips=2688)
"""Case with as many clips as FSDD's official split trains on, in whole batches."""
CASES = {
    "the original": Case("spoken-digits", batch_size=16, clips=32, epochs=3),
    "ours": OURS,
    "ours, reproducible": replace(OURS, reproducible=True),
}
ROUNDS = 3
"""Rounds in turn; the fastest of each case counts: other work only slows it down."""


def ratios() -> dict[str, float]:
    """Return each ratio by name."""
    rounds = [{name: told(name, case) for name, case in CASES.items()} for _ in range(ROUNDS)]
    theirs, ours, same = (
        max((each[name] for each in rounds), key=lambda cost: cost.clips_per_second)
        for name in CASES
    )
    few, many = (cost(replace(OURS, clips=clips, epochs=2)) for clips in (1024, 16384))
    return {
        "train_speedup": ours.clips_per_second / theirs.clips_per_second,
        "train_speedup_reproducible": same.clips_per_second / theirs.clips_per_second,
        "reproducible_slowdown": ours.clips_per_second / same.clips_per_second,
        "train_cpu_percent": ours.cpu_percent,
        "train_cpu_percent_reproducible": same.cpu_percent,
        "train_share_of_reading": ours.reading,
        "train_memory_16_times_the_clips": many.peak_mib / few.peak_mib,
    }


def told(name: str, case: Case) -> Cost:
    """Return and print the cost of a case."""
    print(f"{name}: {(found := cost(case))}", flush=True)
    return found


def cost(case: Case) -> Cost:
    """Train in a process of its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_measure, case).result()


def _measure(case: Case) -> Cost:
    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "1"}
    from sonovae import params
    from sonovae.dataset import saved_dataset
    from sonovae.model import backend
    from sonovae.training import trainer
    from sonovae.training.checkpoint import Checkpoints

    recipe = params.plain(project.recipe(case.recipe).train)
    size = {
        "batch_size": case.batch_size,
        "epochs": case.epochs,
        "patience": None,
    }
    p = params.parse(
        recipe | size | {"reproducible": case.reproducible}, params.Params.__annotations__["train"]
    )
    marks, read = list[Any](), [0.0]
    reading = saved_dataset.Pictures.__getitem__

    def timed(self: saved_dataset.Pictures, which: Any) -> Any:
        began = time.monotonic()
        found = reading(self, which)
        read[0] += time.monotonic() - began
        return found

    def mark(epoch: int, losses: dict[str, float]) -> None:
        marks.append((time.monotonic(), time.process_time(), read[0]))

    saved_dataset.Pictures.__getitem__ = timed  # type: ignore[method-assign]
    backend.prepare(p.threads, p.reproducible)
    with tempfile.TemporaryDirectory() as folder:
        data, kept = made_up(Path(folder), case.clips), Checkpoints(Path(folder))
        trainer.train(data, p, kept, mark)
        kept.wait()
    wall, cpu, waited = (last - first for first, last in zip(marks[0], marks[-1], strict=True))
    batches = case.clips // case.batch_size * (case.epochs - 1)
    return Cost(batches * case.batch_size / wall, 100 * cpu / wall, waited / wall, project.peak())


def made_up(folder: Path, clips: int) -> Any:
    """Write pictures to disk, with one batch for validation."""
    import numpy as np
    import pandas as pd

    from sonovae.dataset import saved_dataset

    rng, n = np.random.default_rng(1), clips + 16
    np.lib.format.open_memmap(folder / "pictures.npy", "w+", np.float32, (n, *SHAPE)).flush()
    with (folder / "pictures.npy").open(
        "r+b"
    ) as file:  # not through the map, whose pages would count as memory
        file.seek(-n * 4 * SHAPE[0] * SHAPE[1], os.SEEK_END)
        for _ in range(n):
            rng.random(SHAPE, np.float32).tofile(file)
    split = ["train"] * clips + ["validation"] * 16
    return saved_dataset.Dataset(
        saved_dataset.Pictures(folder / "pictures.npy"), pd.DataFrame({"split": split})
    )
