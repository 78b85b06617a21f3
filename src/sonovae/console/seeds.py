"""One experiment with several seeds of training, as DVC experiments, and how far their metrics vary."""

import contextlib
from pathlib import Path

import pandas as pd

from sonovae import version_control
from sonovae.errors import UserError

SKIPPED = "interval"
"""Section of the metrics that is about one training alone."""


def run(root: Path, n: int) -> pd.DataFrame:
    """Train with the seeds 1 … n, each a DVC experiment `seed-N`, which DVC takes from its cache where it has run
    before; a row for each metric: its value by seed, mean and standard deviation."""
    if n < 2:
        raise UserError(f"N = {n}: a spread needs two seeds at least")
    seeds = {f"seed-{seed}": seed for seed in range(1, n + 1)}
    for name, seed in seeds.items():
        with contextlib.suppress(UserError):  # there is no experiment of this name yet
            version_control.dvc(root, "exp", "remove", "--quiet", name)
        words = ["--temp", "--name", name, "--set-param", f"train.seed={seed}"]
        version_control.dvc(root, "exp", "run", *words)
    return table({name: _metrics(root, name) for name in seeds})


def table(found: dict[str, dict[str, float]]) -> pd.DataFrame:
    """Metrics by name, of each experiment → a row for each, with mean and standard deviation (of a sample)."""
    rows = pd.DataFrame(found)
    return rows.assign(mean=rows.mean(axis=1), sd=rows.std(axis=1))


def _metrics(root: Path, experiment: str) -> dict[str, float]:
    import dvc.api  # takes seconds

    found = (
        pd.json_normalize(dvc.api.metrics_show(repo=str(root), rev=experiment)).iloc[0].to_dict()
    )
    return {
        str(name): value for name, value in found.items() if not str(name).startswith(f"{SKIPPED}.")
    }
