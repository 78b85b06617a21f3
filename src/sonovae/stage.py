"""What every stage does alike: one at a time, errors in one line, outs that appear whole."""

import contextlib
import ctypes
import fcntl
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from sonovae.errors import UserError

PR_SET_PDEATHSIG = 1  # from linux/prctl.h


def run(main: Callable[[Path], None], *outs: str, in_git: str = "") -> None:
    """Call `main` with the project's folder, the current one; end the process with 0, or with 2 and one line a fault.

    `outs` are what the stage writes, `in_git` one that git keeps and not DVC: where it fails, the last line says how to
    bring the last good ones back.
    """
    root = Path.cwd()
    _die_with_parent()
    try:
        with _alone(root):
            main(root)
    except UserError as error:
        _farewell(str(error), _way_back(root, outs, in_git), code=2)
    except OSError as error:  # a full disk, say
        _farewell(f"error: {error}", _way_back(root, outs, in_git), code=2)
    except (KeyboardInterrupt, SystemExit):
        _farewell("stopped", _way_back(root, outs, in_git), code=130)
    except Exception:
        _farewell(traceback.format_exc(), _way_back(root, outs, in_git), code=1)


@contextlib.contextmanager
def whole(out: Path) -> Iterator[Path]:
    """A new folder to write to, which takes the place of `out` when the block ends well, and vanishes otherwise."""
    part = out.parent / f".{out.name}.part"
    shutil.rmtree(part, ignore_errors=True)  # of a stage that was killed
    part.mkdir(parents=True)
    try:
        yield part
        if out.exists():
            shutil.rmtree(out)
        part.rename(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _farewell(what: str, way_back: str, code: int) -> None:
    """End the process, saying what went wrong and, in the last line, how to go back."""
    print(f"{what}\n{way_back}", file=sys.stderr, flush=True)
    sys.exit(code)


def _way_back(root: Path, outs: tuple[str, ...], in_git: str) -> str:
    """DVC deletes outs before a stage runs; those that dvc.lock lists are in its cache."""
    lock = root / "dvc.lock"
    listed = lock.read_text(encoding="utf-8") if lock.exists() else ""
    if not all(f"path: {out}\n" in listed for out in outs):
        return f"nothing was written to {', '.join(outs)}; there were none before"
    commands = f"`dvc checkout {' '.join(outs)}`" + (f" and `git checkout {in_git}`" if in_git else "")
    return f"nothing was written to {', '.join(outs)}; {commands} brings the last good ones back"


def _die_with_parent() -> None:
    """A killed `dvc repro` would leave its stage running, beside which the next one would start a second."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Refuse to run beside another stage in the same folder. The lock is outside the outs, which DVC deletes."""
    path = root / ".sonovae" / "stage.lock"
    path.parent.mkdir(exist_ok=True)
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise UserError(f"another stage is at work in {root}, {lock.read()}: wait for it, or end it") from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()}")
        lock.flush()
        yield
