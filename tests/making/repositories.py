"""Git and DVC repositories with a shrunk project, and commands in them."""

import os
import subprocess
import sys
from pathlib import Path

from tests.making.projects import make_project

WHO = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@b",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@b",
}


def call(root: Path, *words: str, fails: bool = False) -> str:
    """What the command says; it must end with 0, or (`fails`) not."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | WHO
    environment["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(words, cwd=root, env=environment, text=True, timeout=600, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    assert (done.returncode != 0) == fails, done.stdout
    return done.stdout


def make_repository(root: Path, **changes: object) -> Path:
    """A shrunk project as a git and DVC repository, all committed."""
    make_project(root, **changes)
    for words in (["git", "init", "-q"], ["dvc", "init", "-q"]):
        call(root, *words)
    commit(root)
    return root


def sonovae(root: Path, *words: str, fails: bool = False) -> str:
    return call(root, "env", "PYTHONPATH=src", "python", "-m", "sonovae", *words, fails=fails)


def commit(root: Path) -> None:
    call(root, "git", "add", "-A")
    call(root, "git", "commit", "-qm", "as it is")
