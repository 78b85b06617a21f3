"""What went into a stage: the hashes of its parameters, data and code, as dvc.yaml lists them, and their key."""

import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from sonovae import checksums


def home(root: Path) -> Path:
    """The project's own folder; in DVC's experiments `root` is a copy of it, which is removed afterwards."""
    return Path(os.environ.get("DVC_ROOT", root))


def inputs(root: Path, stage: str) -> dict[str, str]:
    """SHA-256 of each dependency of the stage, by its path, and of each section of params.yaml that it reads."""
    wiring = _yaml(root / "dvc.yaml")["stages"][stage]
    values = _yaml(root / "params.yaml")
    files = {path: path_hash(root / path) for path in wiring["deps"]}
    sections = {
        f"params.yaml:{name}": _hash(json.dumps(values[name], sort_keys=True).encode()) for name in wiring["params"]
    }
    return files | sections


def key(hashes: dict[str, str]) -> str:
    """One hash of all that went in: equal keys, equal results."""
    return _hash(json.dumps(hashes, sort_keys=True).encode())


def path_hash(path: Path) -> str:
    """SHA-256 of a file's bytes, or of the names and hashes of all files of a folder."""
    if path.is_file():
        return checksums.sha256(path)
    found = sorted(each for each in path.rglob("*") if each.is_file())
    return key({each.relative_to(path).as_posix(): path_hash(each) for each in found})


def commit(root: Path) -> dict[str, str]:
    """The git commit, and whether the tree had changes that it does not hold; empty outside git."""
    head = _git(root, "rev-parse", "HEAD")
    return {"git.commit": head, "git.clean": str(not _git(root, "status", "--porcelain")).lower()} if head else {}


def _git(root: Path, *words: str) -> str:
    try:
        return subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def _yaml(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
