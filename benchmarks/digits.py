"""`make digits FROM=…`: the project's network on FSDD, compared with PCA and the mean picture.

The rows are the official test recordings at z of 64 with three seeds and at z of 20, 128 and 2, on
pictures of the recipe spoken-digits (256×64) and on pictures of 128×88 at 8 kHz, then each speaker
left out. Each finished row is kept until the code changes.
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
NARROW: Changes = {
    "waveform.sample_rate": 8000,
    "waveform.clip_seconds": 0.7,
    "spectrogram.n_fft": 256,
    "spectrogram.win_length": 256,
    "spectrogram.hop_length": 64,
    "picture.bins": 128,
    "picture.frames": 88,
    "picture.scaling": "dataset",
}
"""Settings for pictures of 128×88."""
RECIPE = params.plain(project.recipe("spoken-digits").preprocess)
WIDE: Changes = {key: RECIPE[section][name] for key in NARROW for section, name in [key.split(".")]}
"""Settings of the recipe, for pictures of 256×64."""


def row(
    latent_size: int, seed: int = 1, test: dict[str, str] = OFFICIAL, pictures: Changes = WIDE
) -> Changes:
    """Return what a row changes: size of z, seed, test split and pictures."""
    changes = {"train.latent_size": latent_size, "train.seed": seed, "preprocess.split.test": test}
    return changes | {f"preprocess.{key}": value for key, value in pictures.items()}


RUNS = {
    **{f"z 64, seed {seed}": row(64, seed) for seed in (1, 2, 3)},
    **{f"z {z}": row(z) for z in (20, 128, 2)},
    "z 64, 128×88": row(64, pictures=NARROW),
    **{f"without {name}": row(64, test={"speaker": name}) for name in SPEAKERS},
}
CHANGES = {
    "fetch.pattern": r"(?P<label>\d)_(?P<speaker>[a-z]+)_(?P<index>\d+)\.wav",
    "preprocess.split.validation": 0.02,
    "evaluate.maps": ["pca"],
    "evaluate.shown.count": 2,
    "evaluate.scoring.sounds": 300,
}
LEARNING = {"epochs": 40, "batch_size": 32, "learning_rate": 4e-3, "time_warp": 0.15}


def main(folder: str) -> None:
    """Train and evaluate the missing rows; print all."""
    if not (AT / "data/raw").exists():
        starter = params.plain(project.recipe("starter").train) | LEARNING
        project.make(
            AT,
            "spoken-digits",
            CHANGES | {f"train.{key}": value for key, value in starter.items()},
            folder,
        )
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
    # Each row has a judge of its own pictures, so its Fréchet distance says nothing across rows.
    for score in ("hnr_db", "frechet_texture", "auc_network_mel", "auc_network_fine"):
        for of in ("real", "reconstructed", "generated_by_label"):
            row[f"{score}_{of}"] = scores.loc[of, score]
    return row | {each: scores.loc["generated", each] for each in ("inception_score", "copies")}


if __name__ == "__main__":
    main(*sys.argv[1:])
