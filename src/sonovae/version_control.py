"""git and DVC, run as processes in the project's folder."""

import subprocess
import sys
from pathlib import Path

from sonovae.errors import UserError


def git(root: Path, *words: str) -> str | None:
    """Return the standard output of a git command, or None if it fails or git is missing."""
    command = ["git", *words]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout


def dvc(root: Path, *words: str, captured: bool = False) -> str:
    """Run a DVC command and return its standard output if `captured`; UserError if it fails."""
    # The interpreter's own DVC: an activated environment need not be first in PATH.
    command = [sys.executable, "-m", "dvc", *words]
    stdout = subprocess.PIPE if captured else None
    done = subprocess.run(command, cwd=root, check=False, text=True, stdout=stdout)
    if done.returncode:
        raise UserError(f"dvc {' '.join(words)} failed: see its message above")
    return done.stdout or ""
