"""How the work is done, not what comes of it: what environment variables and the machine say."""

import os
from pathlib import Path

from sonovae.errors import UserError


def whole(name: str, least: int, otherwise: int) -> int:
    """The whole number in the variable, or what holds where it is not set; UserError where it is anything else, or
    less than `least`."""
    said = os.environ.get(name, "") or str(otherwise)
    if not said.isdecimal() or int(said) < least:
        raise UserError(f"{name} = {said!r} must be a whole number, {least} at least")
    return int(said)


def home(root: Path) -> Path:
    """The project's own folder; in DVC's experiments `root` is a copy of it, which is removed afterwards."""
    return Path(os.environ.get("DVC_ROOT", root))


def quiet_tensorflow() -> None:
    """Set TensorFlow's environment variables that the user has not set.

    TensorFlow reads them when it is imported: no notes on how it was built, and no oneDNN, which
    pays only in training (dvc.yaml switches it on there) and changes the last digits of results.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")


def cores() -> int:
    """Those that this process may use; all of the machine's where the system does not tell (macOS, Windows)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
