"""Recipes shrunk to seconds, and recordings in the style of their datasets."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sonovae import params
from sonovae.codec import sound_files
from sonovae.params import recipes
from sonovae.params.file import check
from tests.making.projects import HERE
from tests.making.recordings import tone, write_idx


def digits(folder: Path, speakers: list[str], indices: list[int]) -> None:
    """Write digit_speaker_index.wav, as FSDD and AudioMNIST have it; each a different tone."""
    for digit in range(2):
        for speaker in speakers:
            for index in indices:
                hz = 300 + 400 * digit + sum(speaker.encode()) + 3 * index
                write(folder / f"{digit}_{speaker}_{index}.wav", tone(0.5, hz, 22050), 22050)


def write(path: Path, samples: np.ndarray, sample_rate: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    sound_files.write(path, samples, sample_rate)


def fsdd(folder: Path) -> None:
    digits(folder / "recordings", ["jackson", "theo", "lucas"], [0, 1, 5, 6, 7])


def audio_mnist(folder: Path) -> None:
    for speaker in ("01", "02", "03", "45", "46", "60"):
        digits(folder / f"data/{speaker}", [speaker], [0, 1])


def mlend(folder: Path) -> None:
    rows = []
    for i in range(8):
        write(folder / f"MLEndHWD_audiofiles/{i:04d}.wav", tone(3.2, 1000 + 100 * i, 22050), 22050)
        rows.append({"filename": f"{i:04d}.wav", "Interpreter": i % 6, "Song": "Potter"})
    kinds = ["Whistle"] * 7 + ["Hum"]
    pd.DataFrame(rows).assign(Interpretation=kinds).to_csv(
        folder / "MLEndHWD_audio_attributes.csv", index=False
    )


def compilations(folder: Path) -> None:
    for i, genre in enumerate(["techno", "rock", "piano"]):
        write(folder / genre / "compilation.wav", tone(8, 500 + 300 * i, 22050), 22050)


def idx(folder: Path) -> None:
    rng = np.random.default_rng(1)
    for name, n in (("train", 24), ("t10k", 8)):
        labels = np.arange(n) % 10
        pixels = rng.integers(0, 256, (n, 28, 28)) // (1 + labels[:, None, None])
        write_idx(folder / f"{name}-images-idx3-ubyte.gz", pixels)
        write_idx(folder / f"{name}-labels-idx1-ubyte.gz", labels)


STYLE: dict[str, Callable[[Path], None]] = {
    "starter": lambda _: None,
    "whistles": mlend,
    "digits": fsdd,
    "spoken-digits": fsdd,
    "spoken-digits-mixture": fsdd,
    "voices": audio_mnist,
    "thesis": fsdd,
    "thesis-vae": fsdd,
    "mnist": idx,
    "genres": compilations,
}
SMALLER: dict[str, dict[str, Any]] = {
    "starter": {"fetch.whistles.whistlers": 4, "fetch.whistles.seconds": 3},
    "genres": {"preprocess.split.block_seconds": 2},  # five minutes are more than these last
    "mnist": {
        "preprocess.split.validation": {"name": ".*train.*", "item": "2[0-3]"},
        "preprocess.limit.count": 16,
    },
}
"""What is scaled to the size of what was made up, and means the same."""


def thin(layers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the layers with at most 4 filters or 8 units; depth_to_space keeps its input."""
    narrow = []
    for i, layer in enumerate(layers):
        after = next(
            (each for each in layers[i + 1 :] if each["layer"] != "residual"), {"layer": ""}
        )
        if layer["layer"] == "residual":
            fewer = {"filters": [min(each, 4) for each in layer["filters"]]}
        elif after["layer"] == "depth_to_space":
            fewer = {"filters": after["block"] ** 2}
        else:
            fewer = {
                key: min(layer[key], most)
                for key, most in (("filters", 4), ("units", 8))
                if key in layer
            }
        narrow.append(layer | fewer)
    return narrow


def shrunk(name: str) -> dict[str, Any]:
    """Return a recipe's parameters with thin layers, two epochs, and less of what is counted."""
    p = params.plain(check(recipes.whole(HERE, name), name))
    if p["train"]["sequence"]:
        changes: dict[str, Any] = {"train.sequence": p["train"]["sequence"] | {"filters": 4}}
    else:
        changes = {f"train.{side}": thin(p["train"][side]) for side in ("encoder", "decoder")}
    few = {"layers": 1, "width": 8, "heads": 2, "batch_size": 4, "epochs": 2}
    changes |= {f"prior.flow.{key}": value for key, value in few.items()}
    if p["prior"]["adversarial"]["epochs"]:
        few = {"epochs": 2, "steps": 2, "batch_size": 4, "draws": 16}
        changes |= {f"prior.adversarial.{key}": value for key, value in few.items()}
    changes |= {"train.epochs": 2, "train.snapshots": [1, 2] if p["train"]["snapshots"] else []}
    changes |= {"fetch.source": "folder"} if p["fetch"]["source"] == "kaggle" else {}
    changes |= {"train.batch_size": min(8, p["train"]["batch_size"]), "fetch.min_recordings": 1}
    changes |= {"judge.network": thin(p["judge"]["network"]), "judge.steps": 4}
    changes |= {"evaluate.scoring.sounds": 10, "evaluate.scoring.resamples": 20}
    changes |= {"evaluate.shown.count": 2, "evaluate.maps": ["pca"], "generate.sounds": 2}
    changes |= {
        f"{stage}.griffin_lim": {"iterations": 8, "momentum": 0.99}
        for stage in ("evaluate", "generate")
    }
    return changes | SMALLER.get(name, {})
