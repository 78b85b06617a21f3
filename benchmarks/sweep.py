"""`make sweep`: hop, window and latent frames of the starter, changed one at a time.

Errors on different kinds of pictures are not comparable. The table therefore compares them with the
mean picture (R²) and with PCA of as many numbers (pca_ratio) on the same pixels, and gives in
decibels the error of reconstructed spectrograms and the loss of the codec. Trainings have half of
the starter's epochs. Each finished row is kept until the code changes.
"""

import json
from typing import Any

from benchmarks import project

AT = project.place("sweep")
COMMON = {
    "train.epochs": 7,
    "prior.flow.epochs": 5,
    "judge.steps": 20,
    "evaluate.maps": ["pca"],
    "evaluate.scoring.sounds": 20,
}
RUNS: dict[str, dict[str, Any]] = {
    "starter": {},
    "hop 128": {"preprocess.spectrogram.hop_length": 128, "preprocess.picture.frames": 64},
    "window 128": {"preprocess.spectrogram.win_length": 128},
    "halvings 3": {"train.sequence.halvings": 3},
    "latent_size 4": {"train.latent_size": 4},
    "latent_size 16": {"train.latent_size": 16},
    "kl_weight 1": {"train.kl_weight": 1},
}
"""Changes of each row."""


def main() -> None:
    """Run the missing rows; print all."""
    print(project.kept(AT, list(RUNS), one).to_string(index=False))


def one(name: str) -> dict[str, Any]:
    """Run one experiment."""
    project.make(AT / "project", "starter", COMMON | RUNS[name])
    seconds = project.run(
        AT / "project", "fetch", "preprocess", "judge", "train", "prior", "evaluate"
    )
    found = json.loads((AT / "project/data/evaluation/metrics.json").read_text())
    shape = json.loads((AT / "project/data/model/model.json").read_text())["architecture"]["shape"]
    row = {"row": name, "picture": " × ".join(map(str, shape))}
    row |= {
        key: found["test"][key] for key in ("r2", "pca_ratio", "log_spectral_distance_db", "kl")
    }
    row |= {
        "way_back_db": found["codec"]["spectral_convergence_db"],
        "seconds": round(seconds["train"]),
    }
    return row | {"parameters": int(found["model"]["parameters"])}


if __name__ == "__main__":
    main()
