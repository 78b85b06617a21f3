"""Environment variables and the machine: they decide how a result is computed, not what it is."""

import os

from sonovae.errors import UserError


def whole(name: str, least: int, otherwise: int) -> int:
    """Return a variable's whole number, at least `least`, or `otherwise` if it is not set."""
    text = os.environ.get(name, "") or str(otherwise)
    if not text.isdecimal() or int(text) < least:
        raise UserError(f"{name} = {text!r} must be a whole number, {least} at least")
    return int(text)


def quiet_tensorflow() -> None:
    """Set TensorFlow's environment variables that the user has not set.

    TensorFlow reads them when it is imported: no notes on how it was built, and no oneDNN, which
    pays only in training (dvc.yaml switches it on there) and changes the last digits of results.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1  # macOS has no affinity
