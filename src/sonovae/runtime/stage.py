"""What every stage does alike: one at a time, errors in one line, outs that appear whole."""

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
from sonovae.runtime import lock, logs

PR_SET_PDEATHSIG = 1  # from linux/prctl.h
WORKER = os.environ.get("KERAS_DISTRIBUTION_PROCESS_ID", "")
"""Of several workers in one folder, each has a lock of its own."""
STOPPED = 130
"""Exit code of a stage that was told to stop."""
PATIENCE = 3.5
"""Seconds that a stage has to do so by itself."""


def run(main: Callable[[Path], None], *outs: str, in_git: str = "") -> None:
    """Call `main` with the project's folder, the current one; end the process with 0, or with 2 and one line a fault.

    `outs` are what the stage writes, `in_git` one that git keeps and not DVC: where it fails, the last line says how to
    bring the last good ones back.
    """
    root = Path.cwd()
    logs.to_console()
    _die_with_parent()
    _end_in_time(lambda: _farewell("stopped", _way_back(root, outs, in_git)))
    try:
        with lock.alone(root / ".sonovae" / f"stage{WORKER}.lock", f"another stage in {root}"):
            main(root)
    except UserError as error:
        what, code = str(error), 2
    except OSError as error:  # a full disk, say
        what, code = f"error: {error}", 2
    except (KeyboardInterrupt, SystemExit):
        what, code = "stopped", STOPPED
    except Exception:
        what, code = traceback.format_exc(), 1
    else:
        return
    _farewell(what, _way_back(root, outs, in_git))
    sys.exit(code)


def _farewell(what: str, way_back: str) -> None:
    """Say what went wrong and, in the last line, how to go back."""
    print(f"{what}\n{way_back}", file=sys.stderr, flush=True)


def _way_back(root: Path, outs: tuple[str, ...], in_git: str) -> str:
    """DVC deletes outs before a stage runs; those that dvc.lock lists are in its cache."""
    lock = root / "dvc.lock"
    listed = lock.read_text(encoding="utf-8") if lock.exists() else ""
    if not all(f"path: {out}\n" in listed for out in outs):
        return f"nothing was written to {', '.join(outs)}; there were none before"
    commands = f"`dvc checkout {' '.join(outs)}`" + (
        f" and `git checkout {in_git}`" if in_git else ""
    )
    return f"nothing was written to {', '.join(outs)}; {commands} brings the last good ones back"


def _die_with_parent() -> None:
    """A killed `dvc repro` would leave its stage running, beside which the next one would start a second."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _end_in_time(farewell: Callable[[], None]) -> None:
    """Python heeds a signal between two instructions of its own, and a batch may take a minute: where the stage has not
    ended by itself some seconds after one, a thread ends it."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)

    def wait() -> None:
        os.read(read, 1)
        time.sleep(PATIENCE)
        farewell()
        os._exit(STOPPED)

    threading.Thread(target=wait, daemon=True).start()
