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


def cores() -> int:
    """Those that this process may use; all of the machine's where the system does not tell (macOS, Windows)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
