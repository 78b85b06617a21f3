"""Small projects to run stages in, with shrunk parameters."""

import json
import shutil
from pathlib import Path
from typing import Any

from sonovae import params

HERE = Path(__file__).parents[2]
RECORDINGS = HERE.parent / "shared" / "data"
SHRUNK: dict[str, Any] = {
    "fetch.min_recordings": 4,
    "fetch.min_seconds": 0.4,
    "fetch.whistles.whistlers": 6,
    "fetch.whistles.seconds": 2.0,
    "fetch.whistles.sample_rate": 8000,
    "preprocess.waveform.sample_rate": 8000,
    "preprocess.waveform.clip_seconds": 0.496,
    "preprocess.picture.bins": 64,
    "preprocess.picture.frames": 32,
    "preprocess.spectrogram.n_fft": 256,
    "preprocess.spectrogram.win_length": 256,
    "preprocess.spectrogram.hop_length": 128,
    "preprocess.spectrogram.scale": "db",
    "preprocess.spectrogram.power": None,
    "preprocess.spectrogram.dynamic_range_db": 60.0,
    "train.initialization": "random",
    "train.latent_size": 4,
    "train.sequence": None,
    "train.kl_weight": 1.0,
    "train.learning_rate": 2e-3,
    "train.clip_norm": None,
    "train.batch_size": 16,
    "train.encoder": [
        {"layer": "space_to_depth", "block": 4},
        {
            "layer": "conv",
            "filters": 8,
            "kernel": 3,
            "stride": [2, 2],
            "padding": "same",
            "activation": "relu",
            "batch_norm": True,
        },
    ],
    "train.decoder": [
        {"layer": "project", "filters": 8, "activation": "relu"},
        {
            "layer": "conv",
            "filters": 16,
            "kernel": 3,
            "stride": [1, 1],
            "padding": "same",
            "activation": "sigmoid",
            "batch_norm": False,
        },
        {"layer": "depth_to_space", "block": 4},
    ],
    "train.epochs": 2,
    "train.dense_learning_rate": None,
    "train.warmup_batches": 0,
    "train.time_warp": 0.0,
    "prior.kind": "mixture",
    "judge.network": [{"layer": "space_to_depth", "block": 4}],
    "judge.steps": 60,
    "evaluate.shown.count": 2,
    "evaluate.scoring.sounds": 10,
    "evaluate.scoring.resamples": 20,
    "evaluate.maps": ["pca"],
    "evaluate.griffin_lim.iterations": 8,
    "generate.sounds": 3,
    "generate.griffin_lim.iterations": 8,
}
"""params.yaml, so small that all stages take seconds."""


def make_project(root: Path, **changes: Any) -> Path:
    """Copy what the stages need to `root`, with shrunk parameters.

    Keywords are changes by dotted key, with `__` for the dot.
    """
    root.mkdir(parents=True, exist_ok=True)
    for name in ("src", "stages", "recipes", "datasets"):
        shutil.copytree(
            HERE / name,
            root / name,
            ignore=shutil.ignore_patterns("__pycache__"),
            dirs_exist_ok=True,
        )
    for name in ("dvc.yaml", "params.yaml", ".gitignore", ".dvcignore"):
        shutil.copy(HERE / name, root / name)
    for name in ("recordings", "unseen"):
        shutil.copytree(HERE / "data" / name, root / "data" / name, dirs_exist_ok=True)
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    within = {key for key in SHRUNK if any(key.startswith(f"{whole}.") for whole in dotted)}
    params.edit(
        root / "params.yaml",
        {key: value for key, value in SHRUNK.items() if key not in within} | dotted,
    )
    return root


def write_lock(root: Path) -> None:
    """Write dvc.lock of all stages that have run, as DVC would."""
    from sonovae.tracking import provenance  # which loads TensorFlow

    made = {
        name: provenance.current(root, name)
        for name in ("fetch", "preprocess", "train", "prior", "judge", "evaluate", "generate")
    }
    stages = {
        name: {
            "deps": [{"path": path, "md5": hashed} for path, hashed in each.deps.items()],
            "params": {"params.yaml": each.params},
            "outs": [{"path": path, "md5": hashed} for path, hashed in each.outs.items()],
        }
        for name, each in made.items()
        if each.outs
    }
    (root / "dvc.lock").write_text(json.dumps({"schema": "2.0", "stages": stages}))
