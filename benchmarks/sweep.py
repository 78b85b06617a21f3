"""`make sweep`: hop, window, picture and z of the starter, one changed at a time: quality, seconds and parameters.

Errors of pictures of different kinds cannot be compared. So the table has them beside what the mean picture (R²) and
PCA with as many numbers (pca_ratio) make of the same pixels, and in decibels: how far reconstructed spectrograms are
from the true ones, and what the way back loses. Trainings have half of the starter's epochs. Each row is kept when it
is done, and the same command goes on, until the code changes.
"""

import json
from typing import Any

from benchmarks import project

AT = project.place("sweep")
COMMON = {
    "train.epochs": 12,
    "judge.epochs": 1,
    "evaluate.maps": ["pca"],
    "evaluate.scoring.sounds": 20,
}
RUNS: dict[str, dict[str, Any]] = {
    "starter": {},
    "hop 256": {"preprocess.spectrogram.hop_length": 256, "preprocess.picture.frames": 64},
    "window 256": {"preprocess.spectrogram.win_length": 256},
    "picture 64 × 64": {
        "preprocess.picture.size": [64, 64],
        "preprocess.picture.interpolation": "bilinear",
    },
    "z 8": {"train.latent_size": 8},
    "z 128": {"train.latent_size": 128},
}
"""What each row changes."""


def main() -> None:
    """Run what is not there yet; print all rows."""
    print(project.kept(AT, list(RUNS), one).to_string(index=False))


def one(name: str) -> dict[str, Any]:
    """What one experiment comes to."""
    project.make(AT / "project", "starter", COMMON | RUNS[name])
    seconds = project.run(AT / "project", "fetch", "preprocess", "judge", "train", "evaluate")
    found = json.loads((AT / "project/data/evaluation/metrics.json").read_text())
    shape = json.loads((AT / "project/data/model/model.json").read_text())["shape"]
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
