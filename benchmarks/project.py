"""A copy of the project in a folder of its own, and its stages run there without DVC."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from sonovae import params
from sonovae.params import recipes
from sonovae.params.file import check

ROOT = Path(__file__).parents[1]


def make(at: Path, recipe: str, changes: dict[str, Any], recordings: str = "") -> None:
    """A new copy at `at`, with the recipe's parameters and others by dotted key; of the recordings in a folder, where
    one is named."""
    shutil.rmtree(at, ignore_errors=True)
    (at / "data").mkdir(parents=True)
    for code in ("src", "stages", "datasets"):
        shutil.copytree(ROOT / code, at / code, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "dvc.yaml", at)
    shutil.copytree(ROOT / "data/unseen", at / "data/unseen")
    folder = Path(recordings).resolve() if recordings else ROOT / "data/recordings"
    (at / "data/recordings").symlink_to(folder, target_is_directory=True)
    (at / "params.yaml").write_text(recipes.whole(ROOT, recipe), encoding="utf-8")
    source = {"fetch.source": "folder", "fetch.folder": "data/recordings"} if recordings else {}
    params.edit(at / "params.yaml", source | changes)


def recipe(name: str) -> params.Params:
    """All of a recipe's parameters."""
    return check(recipes.whole(ROOT, name), name)


def run(at: Path, *stages: str, **how: Any) -> None:
    """Run some stages to their end; `how` is subprocess.run's."""
    for stage in stages:
        subprocess.run(command(stage), cwd=at, env=environment(), check=True, **how)


def command(stage: str) -> list[str]:
    """What runs a stage."""
    return [sys.executable, f"stages/{stage}.py"]


def environment() -> dict[str, str]:
    """That of dvc.yaml's commands; lines are seen as they are printed."""
    return os.environ | {
        "PYTHONPATH": "src",
        "OPENBLAS_NUM_THREADS": "1",
        "TF_ENABLE_ONEDNN_OPTS": "1",
        "PYTHONUNBUFFERED": "1",
    }
