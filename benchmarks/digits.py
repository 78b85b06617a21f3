"""`make digits FROM=…`: the project's network on the Free Spoken Digit Dataset, held against PCA and the mean picture.

The pictures are those of the recipe spoken-digits (256×64). Rows: the official test recordings at z of 64 with three
seeds and at 2, 20 and 128, then each speaker left out. Each row is kept when it is done, and the same command goes on.
"""

import json
import sys
from typing import Any

import pandas as pd

from benchmarks import held, project
from sonovae import params

AT = project.ROOT / ".sonovae" / "digits"
ROWS = AT / "rows.json"
OFFICIAL = {"index": "[0-4]"}
SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
RUNS: list[tuple[int, int, dict[str, str]]] = [
    *((z, 1, OFFICIAL) for z in (64, 20, 128)),
    *((64, seed, OFFICIAL) for seed in (2, 3)),
    (2, 1, OFFICIAL),
    *((64, 1, {"speaker": name}) for name in SPEAKERS),
]
"""Sizes of z, seeds, and what the test split is."""
CHANGES = {
    "fetch.pattern": r"(?P<label>\d)_(?P<speaker>[a-z]+)_(?P<index>\d+)\.wav",
    "preprocess.split.validation": 0.02,
    "evaluate.maps": ["pca"],
    "evaluate.shown.count": 2,
    "evaluate.scoring.sounds": 100,
}
LEARNING = {"epochs": 40, "batch_size": 32, "learning_rate": 2e-3, "mixup": 0.5, "reproducible": False}


def main(folder: str) -> None:
    """Train and evaluate what is not there yet; print all rows."""
    if not ROWS.exists():
        starter = params.plain(project.recipe("starter").train) | LEARNING
        project.make(AT, "spoken-digits", CHANGES | {f"train.{key}": value for key, value in starter.items()}, folder)
        project.run(AT, "fetch")
        ROWS.write_text("{}")
    rows, split = json.loads(ROWS.read_text()), None
    for run in RUNS:
        if str(run) not in rows:
            rows[str(run)] = one(*run, prepared=run[2] == split)
            split = run[2]
            ROWS.write_text(json.dumps(rows, indent=1))
            print(rows[str(run)], flush=True)
            held.hold(f"digits {run}", AT / "data/evaluation/metrics.json")
    print(pd.DataFrame(rows.values()).to_string(index=False))


def one(latent_size: int, seed: int, test: dict[str, str], prepared: bool) -> dict[str, Any]:
    """What one training comes to."""
    changes = {"train.latent_size": latent_size, "train.seed": seed, "preprocess.split.test": test}
    params.edit(AT / "params.yaml", changes)
    project.run(AT, *(() if prepared else ("preprocess", "judge")), "train", "evaluate")
    found = json.loads((AT / "data/evaluation/metrics.json").read_text())
    row = {"z": latent_size, "seed": seed, "test": " ".join(test.values())}
    row |= {name: found["test"][name] for name in ("mse", "pca_ratio", "kl", "r2")} | found["floors"]
    row |= {f"mse_{end}": found["interval"]["mse"][end] for end in ("low", "high")}
    return row | {name: found["generated"][name] for name in ("frechet_mel", "copies")}


if __name__ == "__main__":
    main(*sys.argv[1:])
