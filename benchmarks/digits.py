"""`make digits FROM=…`: the recipe digits on FSDD, by three seeds, and what its parts bring.

The rows are the official test recordings with three seeds, the decoder without fine-tuning, and
each speaker left out. Each finished row is kept until the code changes.
"""

import json
import shutil
import sys
from typing import Any

import pandas as pd

from benchmarks import held, project
from sonovae import params

Changes = dict[str, Any]
"""Changes of params.yaml by dotted key."""

AT = project.place("digits")
OFFICIAL = {"index": "[0-4]"}
SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
SCORES = (
    "hnr_db",
    "voiced",
    "cpp_db",
    "octave_jumps",
    "frechet_texture",
    "frechet_identity",
    "auc_signal",
    "auc_mel",
    "auc_network_mel",
    "auc_network_fine",
)


def row(seed: int = 1, test: dict[str, str] = OFFICIAL, texture: bool = True) -> Changes:
    """Return what a row changes: seeds, test split, and whether the decoder is fine-tuned."""
    epochs = project.recipe("digits").prior.adversarial.epochs
    return {
        "train.seed": seed,
        "prior.seed": seed,
        "preprocess.split.test": test,
        "prior.adversarial.epochs": epochs if texture else 0,
    }


RUNS = {
    **{f"seed {seed}": row(seed) for seed in (1, 2, 3)},
    "without fine-tuning": row(texture=False),
    **{f"without {name}": row(test={"speaker": name}) for name in SPEAKERS},
}


def main(folder: str) -> None:
    """Train and evaluate the missing rows; print all."""
    if not (AT / "data/raw").exists():
        project.make(AT, "digits", {}, folder)
        project.run(AT, "fetch")
    rows = project.kept(AT, list(RUNS), one)
    print(rows.to_string(index=False))
    for path in sorted((AT / "held").glob("*.json")):
        held.hold(f"digits, {path.stem}", path)


def one(name: str) -> dict[str, Any]:
    """Train and evaluate one row."""
    params.edit(AT / "params.yaml", RUNS[name])
    seconds = project.run(AT, "preprocess", "judge", "train", "prior", "evaluate")
    (AT / "held").mkdir(exist_ok=True)
    shutil.copy(AT / "data/evaluation/metrics.json", AT / "held" / f"{name}.json")
    return told(name) | {f"{stage}_seconds": round(each) for stage, each in seconds.items()}


def told(name: str) -> dict[str, Any]:
    """Return the figures of a row's evaluation."""
    found = json.loads((AT / "data/evaluation/metrics.json").read_text())
    row: dict[str, Any] = {"row": name} | found["floors"]
    row |= {each: found["test"][each] for each in ("mse", "pca_ratio", "kl", "r2")}
    row |= {f"mse_{end}": found["interval"]["mse"][end] for end in ("low", "high")}
    scores = pd.read_csv(AT / "data/evaluation/scores.csv", index_col="set").astype(float)
    row |= {
        f"labels_heard{end}": scores.loc["generated_by_label", f"accuracy{end}"]
        for end in ("", "_low", "_high")
    }
    for score in SCORES:
        for of in ("real", "reconstructed", "generated_by_label"):
            row[f"{score}_{of}"] = scores.loc[of, score]
    return row | {each: scores.loc["generated", each] for each in ("inception_score", "copies")}


if __name__ == "__main__":
    main(*sys.argv[1:])
