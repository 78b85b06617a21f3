"""Inputs and outs of each stage: MD5 of files and folders, sections of params.yaml."""

import functools
import hashlib
import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sonovae import params, version_control
from sonovae.project import LOCK, METRICS, PARAMS, Project

WIRING = "dvc.yaml"
CODE = ("src/", "stages/")
"""Beginnings of the deps that are code."""
IGNORED = "__pycache__"
"""Folder of bytecode, which is no part of the code's hash; .dvcignore names it, too."""
MADE_BY_DVC = (LOCK, METRICS)
"""Files in git that every `dvc repro` rewrites: changes of these make no working tree dirty."""

_md5 = functools.partial(hashlib.md5, usedforsecurity=False)


@dataclass(frozen=True)
class StageRecord:
    """One run of a stage: DVC's hashes of its deps and outs by path, and its parameters."""

    deps: dict[str, str]
    params: dict[str, Any]
    outs: dict[str, str]

    @property
    def inputs(self) -> dict[str, str]:
        """Hashes of the deps by path, and of sections of the parameters as params.yaml:SECTION."""
        sections = {f"{PARAMS}:{name}": _hash(section) for name, section in self.params.items()}
        return self.deps | sections

    @property
    def key(self) -> str:
        """One hash of all inputs: stages with equal keys have equal results."""
        return _hash(self.inputs)

    def key_below(self, parent: str) -> str:
        """Return the key of a stage that uses the model of the training with the key `parent`.

        Code does not count: a new plot makes no other result.
        """
        own = {name: value for name, value in self.inputs.items() if not name.startswith(CODE)}
        return _hash(own | {"parent": parent})

    @property
    def input_tags(self) -> dict[str, str]:
        """Tags of the stage's MLflow run: the hash of each input."""
        return {f"input.{name}": value for name, value in self.inputs.items()}


def output_tags(outs: dict[str, str]) -> dict[str, str]:
    """Return tags of a stage's MLflow run: the hash of each out."""
    return {f"output.{path}": value for path, value in outs.items()}


def locked(root: Path) -> dict[str, StageRecord]:
    """Return the record of each stage in dvc.lock, or nothing if there is no such file."""
    path = Project(root).lock
    return _parse_lock(path.read_text(encoding="utf-8")) if path.is_file() else {}


def latest(root: Path, stage: str) -> StageRecord:
    """Return a stage's record in dvc.lock if it fits the outs there are, else the current one."""
    record = locked(root).get(stage)
    if record and _hashes(root, list(record.outs)) == record.outs:
        return record
    return current(root, stage)


def current(root: Path, stage: str) -> StageRecord:
    """Return the record of a stage as it would run, or has just run, in the working tree."""
    wiring = _wiring(root, stage)
    values = sections(root)
    deps = _hashes(root, [_filled(path, values) for path in wiring["deps"]])
    return StageRecord(deps, {name: values[name] for name in wiring["params"]}, outs(root, stage))


def outs(root: Path, stage: str) -> dict[str, str]:
    """Return the hash of each out of a stage that exists in the working tree, by path."""
    wiring = _wiring(root, stage)
    # dvc.yaml has each metric as a mapping of its path to options.
    metrics = itertools.chain.from_iterable(wiring.get("metrics", []))
    return _hashes(root, [*wiring["outs"], *metrics])


def sections(root: Path) -> dict[str, Any]:
    """Return all of params.yaml as plain data."""
    return dict(params.read_yaml(Project(root).params))


def path_hash(path: Path) -> str:
    """Return DVC's MD5 of a file, or of the list of a folder's files with their MD5."""
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, _md5).hexdigest()
    files = [file for file in path.rglob("*") if file.is_file() and IGNORED not in file.parts]
    by_name = {file.relative_to(path).as_posix(): file for file in files}
    # DVC hashes this very JSON text: order of entries and keys matter.
    entries = [{"md5": path_hash(by_name[name]), "relpath": name} for name in sorted(by_name)]
    return f"{_md5(json.dumps(entries, sort_keys=True).encode()).hexdigest()}.dir"


def commit(root: Path) -> dict[str, str]:
    """Return the git commit, and whether the working tree has no other changes; empty without git.

    What DVC itself writes is no change.
    """
    head = _git(root, "rev-parse", "HEAD")
    if not head:
        return {}
    excluded = [f":(exclude){path}" for path in MADE_BY_DVC]
    changes = _git(root, "status", "--porcelain", "--", ".", *excluded)
    return {"git.commit": head, "git.clean": str(not changes).lower()}


def at_commit(root: Path, revision: str) -> dict[str, StageRecord]:
    """Return the record of each stage in a commit's dvc.lock, or nothing if either is missing."""
    return _parse_lock(_lock_at(root, revision))


def commits(root: Path, key: str, pictures: str, prior: str = "") -> Iterator[str]:
    """Yield the commits whose dvc.lock holds the training with this key, newest first.

    `pictures` is the hash of its pictures, `prior` the key of the prior below it, or "" for any.
    DVC's experiments are commits, too.
    """
    for revision in _git(root, "log", "--all", "--format=%H", "--", LOCK).split():
        text = _lock_at(root, revision)
        # Parsing each dvc.lock would take minutes; a search in the text leaves few.
        if pictures in text and _holds(_parse_lock(text), key, prior):
            yield revision


def _holds(records: dict[str, StageRecord], key: str, prior: str) -> bool:
    if "train" not in records or records["train"].key != key:
        return False
    if not prior:
        return True
    return "prior" in records and records["prior"].key_below(key) == prior


def _lock_at(root: Path, revision: str) -> str:
    return _git(root, "show", f"{revision}:./{LOCK}")


def _parse_lock(text: str) -> dict[str, StageRecord]:
    lock = params.read_yaml(text) or {}
    records = {}
    for name, stage in lock.get("stages", {}).items():
        deps = {entry["path"]: entry["md5"] for entry in stage.get("deps", [])}
        outs = {entry["path"]: entry["md5"] for entry in stage.get("outs", [])}
        records[name] = StageRecord(deps, stage.get("params", {}).get(PARAMS, {}), outs)
    return records


def _wiring(root: Path, stage: str) -> dict[str, Any]:
    return dict(params.read_yaml(root / WIRING)["stages"][stage])


def _hashes(root: Path, paths: list[str]) -> dict[str, str]:
    return {path: path_hash(root / path) for path in paths if (root / path).exists()}


def _filled(path: str, values: dict[str, Any]) -> str:
    """Replace ${section.key} in a path of dvc.yaml by that parameter."""
    named = params.flat(values)
    return re.sub(r"\$\{([\w.]+)}", lambda match: str(named[match[1]]), path)


def _git(root: Path, *words: str) -> str:
    return (version_control.git(root, *words) or "").strip()


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
