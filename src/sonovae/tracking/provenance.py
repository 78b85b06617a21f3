"""What went into a stage and what came out, as dvc.lock says it: MD5 of files and folders, sections of params.yaml."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

from sonovae import params, version_control

CODE = ("src/", "stages/")
IGNORED = "__pycache__"
"""Folders of bytecode are no part of the code's hash; .dvcignore names them too."""
DVCS_OWN = ("dvc.lock", "data/evaluation/metrics.json")


@dataclass(frozen=True)
class Made:
    """A stage as it ran: DVC's hashes of its deps and outs by path, and its sections of params.yaml."""

    deps: dict[str, str]
    params: dict[str, Any]
    outs: dict[str, str]

    @property
    def inputs(self) -> dict[str, str]:
        """Hashes of all that went in, by path, a section of the parameters as params.yaml:SECTION."""
        return self.deps | {
            f"params.yaml:{name}": _hash(section) for name, section in self.params.items()
        }

    @property
    def key(self) -> str:
        """One hash of all that went in: equal keys, equal results."""
        return key(self.inputs)

    def key_below(self, parent: str) -> str:
        """Of a stage that shows what the one with the key `parent` made: without its code, as a new plot makes no other
        result."""
        own = {name: hashed for name, hashed in self.inputs.items() if not name.startswith(CODE)}
        return key(own | {"parent": parent})


def key(hashes: dict[str, str]) -> str:
    """One hash of several by name."""
    return _hash(hashes)


def locked(root: Path) -> dict[str, Made]:
    """Each stage that dvc.lock knows; none where there is no such file."""
    path = root / "dvc.lock"
    return _locked(path.read_text(encoding="utf-8")) if path.is_file() else {}


def made(root: Path, stage: str) -> Made:
    """As dvc.lock has it, where the outs that lie there are those; else as the working tree is now."""
    found = locked(root).get(stage)
    return found if found and _hashes(root, list(found.outs)) == found.outs else now(root, stage)


def now(root: Path, stage: str) -> Made:
    """A stage as it would run, or has just run, in the working tree."""
    wiring, values = (
        params.read_yaml(root / "dvc.yaml")["stages"][stage],
        sections(root),
    )
    return Made(
        _hashes(root, [_filled(path, values) for path in wiring["deps"]]),
        {name: values[name] for name in wiring["params"]},
        outs(root, stage),
    )


def outs(root: Path, stage: str) -> dict[str, str]:
    """The hash of each out of a stage that lies in the working tree, by path."""
    wiring = params.read_yaml(root / "dvc.yaml")["stages"][stage]
    return _hashes(
        root, [*wiring["outs"], *(path for each in wiring.get("metrics", []) for path in each)]
    )


def sections(root: Path) -> dict[str, Any]:
    """All of params.yaml, as plain data."""
    return dict(params.read_yaml(root / "params.yaml"))


def path_hash(path: Path) -> str:
    """DVC's MD5 of a file, or of the list of a folder's files with theirs."""
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, _md5).hexdigest()
    files = (file for file in path.rglob("*") if file.is_file() and IGNORED not in file.parts)
    found = {file.relative_to(path).as_posix(): file for file in files}
    listed = [{"md5": path_hash(found[name]), "relpath": name} for name in sorted(found)]
    return f"{_md5(json.dumps(listed, sort_keys=True).encode()).hexdigest()}.dir"


def commit(root: Path) -> dict[str, str]:
    """The git commit, and whether the tree had changes that it does not hold, but for what DVC itself writes; empty
    outside git."""
    head = _git(root, "rev-parse", "HEAD")
    dirty = _git(
        root, "status", "--porcelain", "--", ".", *(f":(exclude){path}" for path in DVCS_OWN)
    )
    return {"git.commit": head, "git.clean": str(not dirty).lower()} if head else {}


def at_commit(root: Path, revision: str) -> dict[str, Made]:
    """Each stage as a commit's dvc.lock has it; none where there is no such commit or file."""
    return _locked(_lock_at(root, revision))


def commits(root: Path, key: str, data: str) -> Iterator[str]:
    """The commits, DVC's experiments among them, whose dvc.lock holds the training with this key, of pictures with the
    hash `data`; newest first."""
    for revision in _git(root, "log", "--all", "--format=%H", "--", "dvc.lock").split():
        text = _lock_at(root, revision)
        if (
            data in text and _locked(text)["train"].key == key
        ):  # to read them all as YAML would take minutes
            yield revision


def _lock_at(root: Path, revision: str) -> str:
    return _git(root, "show", f"{revision}:./dvc.lock")


def _locked(text: str) -> dict[str, Made]:
    def hashes(paths: list[dict[str, Any]]) -> dict[str, str]:
        return {each["path"]: each["md5"] for each in paths}

    stages = (params.read_yaml(text) or {}).get("stages", {})
    return {
        name: Made(
            hashes(each.get("deps", [])),
            each.get("params", {}).get("params.yaml", {}),
            hashes(each.get("outs", [])),
        )
        for name, each in stages.items()
    }


def _hashes(root: Path, paths: list[str]) -> dict[str, str]:
    return {path: path_hash(root / path) for path in paths if (root / path).exists()}


def _filled(path: str, values: dict[str, Any]) -> str:
    """A path of dvc.yaml, in which ${section.key} stands for a parameter."""
    return re.sub(
        r"\$\{([\w.]+)}",
        lambda found: str(reduce(lambda at, name: at[name], found[1].split("."), values)),
        path,
    )


def _git(root: Path, *words: str) -> str:
    return (version_control.git(root, *words) or "").strip()


def _md5(data: bytes = b"") -> Any:
    return hashlib.md5(data, usedforsecurity=False)


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
