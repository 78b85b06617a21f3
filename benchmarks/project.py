"""Copy of the project in a folder of its own, and its stages run there without DVC."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from ruamel.yaml import YAML

from sonovae import params
from sonovae.params import recipes
from sonovae.params.file import check
from sonovae.runtime import environment as variables

ROOT = Path(__file__).parents[1]
variables.quiet_tensorflow()


def place(name: str) -> Path:
    """Return a folder for slow measurements, named by the code's hash.

    Rows of different code thus never mix. Older folders may be deleted.
    """
    code = hashlib.sha256()
    for folder, kind in (("src", "*.py"), ("stages", "*.py"), ("recipes", "*.yaml")):
        for path in sorted((ROOT / folder).rglob(kind)):
            code.update(path.read_bytes())
    return ROOT / ".sonovae" / name / code.hexdigest()[:8]


def make(at: Path, recipe: str, changes: dict[str, Any], recordings: str = "") -> None:
    """Make a new copy at `at`, with the recipe's parameters and changes by dotted key.

    `recordings` is a folder to read; without it, the recipe's source is used.
    """
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
    """Return a recipe's parameters."""
    return check(recipes.whole(ROOT, name), name)


def run(at: Path, *stages: str, **how: Any) -> dict[str, float]:
    """Run some stages and return the seconds of each; `how` is subprocess.run's."""
    seconds = {}
    for stage in stages:
        begun = time.monotonic()
        subprocess.run(command(stage), cwd=at, env=environment(stage), check=True, **how)
        seconds[stage] = time.monotonic() - begun
    return seconds


def kept(at: Path, names: Sequence[str], one: Callable[[str], dict[str, Any]]) -> pd.DataFrame:
    """Return a table of slow rows; each finished row is kept in `at` and not measured again."""
    path = at / "rows.json"
    rows = json.loads(path.read_text()) if path.exists() else {}
    for name in names:
        if name not in rows:
            rows[name] = one(name)
            at.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(rows, indent=1))
            print(rows[name], flush=True)
    return pd.DataFrame([rows[name] for name in names])


def command(stage: str) -> list[str]:
    """Return the command of a stage."""
    return [sys.executable, f"stages/{stage}.py"]


def peak() -> float:
    """Return the most MiB that this process used."""
    (line,) = (
        each
        for each in Path("/proc/self/status").read_text().splitlines()
        if each.startswith("VmHWM")
    )
    return int(line.split()[1]) / 1024


def environment(stage: str) -> dict[str, str]:
    """Return the environment of dvc.yaml's command, with lines printed at once."""
    words = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"][stage]["cmd"].split()
    return (
        os.environ
        | dict(word.split("=", 1) for word in words if "=" in word)
        | {"PYTHONUNBUFFERED": "1"}
    )
