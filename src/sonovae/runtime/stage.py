"""The frame of every stage: run one at a time, report errors in one line, end when told to."""

import ctypes
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from sonovae.errors import UserError
from sonovae.project import Project
from sonovae.runtime import lock, logs

PR_SET_PDEATHSIG = 1
"""Number of the option in linux/prctl.h."""
STOPPED = 130
"""Exit code of a stage that was told to stop, as shells have it for Ctrl-C."""
PATIENCE = 3.5
"""Seconds in which a stage may end by itself, so that it ends within 5."""


def run(main: Callable[[Path], None], *outs: str, in_git: str = "") -> None:
    """Call `main` with the current folder; if it fails, end the process.

    The exit code is 2 for a user's error, 1 for the program's. git keeps the out `in_git`, not DVC.
    """
    root = Path.cwd()
    restoring = _how_to_restore(root, outs, in_git)
    # Several workers may share a training, in one folder.
    worker = os.environ.get("KERAS_DISTRIBUTION_PROCESS_ID", "")
    logs.to_console()
    _die_with_parent()
    _end_in_time(restoring)
    try:
        with lock.alone(root / ".sonovae" / f"stage{worker}.lock", f"another stage in {root}"):
            main(root)
    except UserError as error:
        _end(str(error), restoring, 2)
    except OSError as error:  # for example a full disk
        _end(f"error: {error}", restoring, 2)
    except (KeyboardInterrupt, SystemExit):
        _end("stopped", restoring, STOPPED)
    except Exception:
        _end(traceback.format_exc(), restoring, 1)


def _end(fault: str, restoring: str, code: int) -> None:
    print(f"{fault}\n{restoring}", file=sys.stderr, flush=True)
    sys.exit(code)


def _how_to_restore(root: Path, outs: tuple[str, ...], in_git: str) -> str:
    # DVC deletes outs before a stage runs; its cache has those that dvc.lock lists.
    dvc_lock = Project(root).lock
    listed = dvc_lock.read_text(encoding="utf-8") if dvc_lock.exists() else ""
    failed = f"nothing was written to {', '.join(outs)}"
    if not all(f"path: {out}\n" in listed for out in outs):
        return f"{failed}; there is no earlier version"
    and_git = f" and `git checkout {in_git}`" if in_git else ""
    return f"{failed}; to restore the last version: `dvc checkout {' '.join(outs)}`{and_git}"


def _die_with_parent() -> None:
    """Stop when `dvc repro` is killed; the next one would start a second stage otherwise."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _end_in_time(restoring: str) -> None:
    """End the process some seconds after a signal, if it has not ended by itself."""
    # Python handles a signal only after the current call, and a batch may take a minute. The byte
    # that the signal writes to the pipe wakes a thread at once.
    read, write = os.pipe()
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)

    def wait() -> None:
        os.read(read, 1)
        time.sleep(PATIENCE)
        print(f"stopped\n{restoring}", file=sys.stderr, flush=True)
        os._exit(STOPPED)

    threading.Thread(target=wait, daemon=True).start()
