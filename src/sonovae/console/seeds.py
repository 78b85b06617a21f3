"""One experiment with several seeds of training, and how far its metrics vary."""

import contextlib
from pathlib import Path

import pandas as pd

from sonovae import version_control
from sonovae.errors import UserError

SKIPPED = "interval."
"""Beginning of the metrics that describe the clips of one training, not trainings."""


def show(root: Path, n: int) -> None:
    """Train with the seeds 1 … n, and print a row for each metric."""
    print(run(root, n).to_string(float_format="{:.6g}".format))


def run(root: Path, n: int) -> pd.DataFrame:
    """Train with the seeds 1 … n as DVC experiments `seed-N`; those in DVC's cache do not run.

    Returns a row for each metric: its value by experiment, `mean`, and `sd` of a sample.
    """
    if n < 2:
        raise UserError(f"N = {n}: must be at least 2, as one seed has no spread")
    columns = {}
    for seed in range(1, n + 1):
        name = f"seed-{seed}"
        with contextlib.suppress(UserError):  # there is no experiment of this name yet
            version_control.dvc(root, "exp", "remove", "--quiet", name)
        value = f"train.seed={seed}"
        version_control.dvc(root, "exp", "run", "--temp", "--name", name, "--set-param", value)
        columns[name] = _metrics(root, name)
    table = pd.DataFrame(columns)
    return table.assign(mean=table.mean(axis=1), sd=table.std(axis=1))


def _metrics(root: Path, experiment: str) -> dict[str, float]:
    """Return the metrics of a DVC experiment by dotted name."""
    import dvc.api  # takes seconds

    nested = dvc.api.metrics_show(repo=str(root), rev=experiment)
    metrics = pd.json_normalize(nested).iloc[0].to_dict()
    return {
        str(name): value for name, value in metrics.items() if not str(name).startswith(SKIPPED)
    }
