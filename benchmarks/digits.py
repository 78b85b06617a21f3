"""`make digits FROM=…`: the starter's network on the Free Spoken Digit Dataset, three seeds at each size of z.

The pictures are those of the recipe spoken-digits (256×64), with the official test recordings. Prints the error of the
test pictures, decoded from the posterior's mean, the KL divergence, and the error of PCA with as many components.
"""

import json
import sys
from typing import Any

import pandas as pd

from benchmarks import project
from sonovae import params

AT = project.ROOT / ".sonovae" / "digits"
RUNS = [(64, 1), (20, 1), (128, 1), (64, 2), (64, 3), (20, 2), (128, 2), (20, 3), (128, 3)]
"""Sizes of z, and seeds."""
OTHERS = {"preprocess.split.validation": 0.02, "evaluate.maps": ["pca"], "evaluate.clips": 2}
LEARNING = {"train.epochs": 40, "train.batch_size": 32, "train.learning_rate": 2e-3}


def main(folder: str) -> None:
    """Train and evaluate each."""
    starter = params.plain(project.recipe("starter").train)
    learning = {f"train.{key}": value for key, value in starter.items()} | LEARNING
    project.make(AT, "spoken-digits", OTHERS | learning, folder)
    project.run(AT, "fetch", "preprocess")
    rows = [one(latent_size, seed) for latent_size, seed in RUNS]
    print(pd.DataFrame(rows).sort_values(["z", "seed"]).to_string(index=False))


def one(latent_size: int, seed: int) -> dict[str, Any]:
    """What one training comes to."""
    params.edit(AT / "params.yaml", {"train.latent_size": latent_size, "train.seed": seed})
    project.run(AT, "train", "evaluate")
    found = json.loads((AT / "data/evaluation/metrics.json").read_text())
    row = {"z": latent_size, "seed": seed, "mse": found["test"]["mse"], "kl": found["test"]["kl"]}
    row |= {"pca": found["floors"]["pca"], "parameters": found["model"]["parameters"]} | found["health"]
    print(row, flush=True)
    return row


if __name__ == "__main__":
    main(*sys.argv[1:])
