"""Servers on loopback, the app and a Dask cluster, and a browser that opens pages."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.servers import free_port
from tests.making.projects import HERE

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def app(root: Path, token: str = "") -> Iterator[str]:
    """Run the app of a project with a model; yield its URL."""
    import uvicorn

    from sonovae.app import server

    port = free_port()
    app = server.make(root, root / "data/model", frozenset({f"127.0.0.1:{port}"}), token)
    running = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", lifespan="off"))
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    running.should_exit = True
    thread.join()


def browser() -> "Iterator[Browser]":
    """Start an installed browser; Playwright's own would have to be downloaded."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not program:
        pytest.skip("no browser: neither chromium nor google-chrome is installed")
    with sync_playwright() as playwright:
        words = [] if os.geteuid() else ["--no-sandbox"]  # the sandbox refuses root
        browser = playwright.chromium.launch(executable_path=program, args=words)
        yield browser
        browser.close()


def dask_cluster(folder: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Start a scheduler and two workers; once all are ready, yield its address and processes."""
    distributed = pytest.importorskip("distributed")
    file = folder / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    address = ["--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0"]
    address += ["--scheduler-file", str(file)]
    scheduler = [*dask, "scheduler", "--port", "0", *address]
    worker = [*dask, "worker", *address, "--nthreads", "1", "--no-nanny"]
    environment = os.environ | {"PYTHONPATH": str(HERE / "src"), "OPENBLAS_NUM_THREADS": "1"}
    processes = [
        subprocess.Popen(
            command,
            env=environment,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for command in (scheduler, worker, worker)
    ]
    try:
        until = time.monotonic() + 60
        while not file.exists() and time.monotonic() < until:
            time.sleep(0.1)
        url = json.loads(file.read_text())["address"]
        with distributed.Client(url, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
        yield url, processes
    finally:
        for process in processes:
            process.kill()
            process.wait()
