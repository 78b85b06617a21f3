"""Servers on loopback, each ended with all that it started."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def free_port() -> int:
    """One of loopback's that nobody listens at."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


@contextlib.contextmanager
def running(
    *command: str, port: int, cwd: Path, stop: int = signal.SIGTERM, **how: Any
) -> "Iterator[subprocess.Popen[bytes]]":
    """Run a server that accepts connections; `stop` ends its process group."""
    log = (cwd / f"{Path(command[0]).name}.log").open("w+")
    process = subprocess.Popen(
        command, cwd=cwd, stdout=log, stderr=log, start_new_session=True, **how
    )
    try:
        deadline = time.monotonic() + 120
        while not _accepts(port):
            said = Path(log.name).read_text()
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{command[0]} does not answer:\n{said}")
            time.sleep(0.1)
        yield process
    finally:
        _end(process, stop)
        log.close()


def _accepts(port: int) -> bool:
    with socket.socket() as door:
        return door.connect_ex(("127.0.0.1", port)) == 0


def _end(process: "subprocess.Popen[bytes]", stop: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, stop)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(20)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
