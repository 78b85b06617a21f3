"""`make trial NAME=voices FROM=folder`: run a recipe at a size that two cores can do.

`TRIALS` lists the changes to each recipe; all outs are then in .sonovae/trials/NAME. Print the
metrics, and the error by epoch.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks import held, project
from sonovae import params
from sonovae.errors import UserError

FSDD = {
    "fetch.pattern": r"(?P<label>\d)_(?P<speaker>[a-z]+)_(?P<index>\d+)\.wav",
    "preprocess.split.test": {"index": "[0-4]"},
}
FEWER = {
    "preprocess.limit": {"count": 800, "draw": "random", "seed": 1},
    "train.batch_size": 16,
    "train.epochs": 40,
}

TRIALS: dict[str, tuple[int, dict[str, Any]]] = {
    "whistles": (
        16,
        {
            "fetch.source": "whistles",
            "fetch.pattern": r"(?P<label>[^/]+)/(?P<group>\w+)-\d+\.wav",
            "fetch.table": None,
            "fetch.only": None,
            "fetch.whistles.takes": 3,
            "train.batch_size": 16,
            "train.epochs": 20,
        },
    ),
    "spoken-digits": (16, FEWER | {"generate.label": "7"}),
    "spoken-digits-mixture": (16, FEWER),
    "voices": (1, FSDD),
    "thesis": (1, {"train.epochs": 25, "train.snapshots": [14, 17, 19, 25]}),
    "thesis-vae": (1, {"train.epochs": 25, "train.snapshots": [14, 17, 19, 25]}),
    "mnist": (1, {"train.epochs": 20}),
    "genres": (
        1,
        {"fetch.pattern": r"(?P<label>[^/]+)/(?P<group>\d-\d+)-", "train.epochs": 12},
    ),  # by source
}
"""Divisor of the networks' filters and other changes, by recipe."""


def main(name: str, folder: str) -> None:
    """Run all stages of a trial."""
    if name not in TRIALS:
        raise UserError(f"NAME = {name!r}: there are {', '.join(TRIALS)}")
    at = project.ROOT / ".sonovae" / "trials" / name
    project.make(at, name, changes(name), folder or str(project.ROOT / "data/recordings"))
    project.run(at, "fetch", "preprocess", "train", "prior", "judge", "evaluate", "generate")
    show(at, name)
    held.hold(name, at / "data/evaluation/metrics.json")


def changes(name: str) -> dict[str, Any]:
    """Return a trial's changes to its recipe, by dotted key."""
    divisor, others = TRIALS[name]
    if divisor == 1:
        return others
    train = params.plain(project.recipe(name).train)
    thin = {
        f"train.{side}": [thinner(layer, divisor) for layer in train[side]]
        for side in ("encoder", "decoder")
    }
    return thin | others


def thinner(layer: dict[str, Any], divisor: int) -> dict[str, Any]:
    """Return a layer with fewer filters; the picture's own layer keeps one."""
    return layer | {"filters": max(1, layer["filters"] // divisor)} if "filters" in layer else layer


def show(at: Path, name: str) -> None:
    """Print the error by epoch at some twelve of them, what was changed, and the metrics."""
    losses = pd.read_csv(at / "data/model/losses.csv").set_index("epoch")
    columns = [column for column in ("mse", "val_mse", "kl", "val_kl") if column in losses]
    epochs = sorted(
        {1, 2, 5, *range(10, len(losses), max(10, len(losses) // 10)), len(losses)}
        & set(losses.index)
    )
    print(losses.loc[epochs, columns].to_string())
    print(f"{name}: {json.dumps(changes(name))[:300]}")
    print((at / "data/evaluation/metrics.json").read_text())


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except UserError as error:
        sys.exit(str(error))
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
