"""A small project to run stages in, made of this one's files."""

import gzip
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from sonovae import params
from sonovae.codec import sound_files
from sonovae.dataset import saved_dataset
from sonovae.model import density
from sonovae.runtime import environment

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Before a test module loads TensorFlow; processes inherit it.
environment.quiet_tensorflow()

HERE = Path(__file__).parents[1]
RECORDINGS = HERE.parent / "shared" / "data"

SHRUNK: dict[str, Any] = {
    "fetch.min_recordings": 4,
    "fetch.min_seconds": 0.4,
    "fetch.whistles.whistlers": 6,
    "fetch.whistles.seconds": 2.0,
    "fetch.whistles.sample_rate": 8000,
    "preprocess.waveform.sample_rate": 8000,
    "preprocess.waveform.clip_seconds": 0.496,
    "preprocess.picture.bins": 64,
    "preprocess.picture.frames": 32,
    "preprocess.spectrogram.n_fft": 256,
    "preprocess.spectrogram.win_length": 256,
    "train.initialization": "random",
    "train.latent_size": 4,
    "train.encoder": [
        {"layer": "space_to_depth", "block": 4},
        {
            "layer": "conv",
            "filters": 8,
            "kernel": 3,
            "stride": [2, 2],
            "padding": "same",
            "activation": "relu",
            "batch_norm": True,
        },
    ],
    "train.decoder": [
        {"layer": "project", "filters": 8, "activation": "relu"},
        {
            "layer": "conv",
            "filters": 16,
            "kernel": 3,
            "stride": [1, 1],
            "padding": "same",
            "activation": "sigmoid",
            "batch_norm": False,
        },
        {"layer": "depth_to_space", "block": 4},
    ],
    "train.epochs": 2,
    "train.dense_learning_rate": None,
    "train.warmup_batches": 0,
    "train.time_warp": 0.0,
    "judge.network": [{"layer": "space_to_depth", "block": 4}],
    "judge.epochs": 2,
    "evaluate.shown.count": 2,
    "evaluate.scoring.sounds": 10,
    "evaluate.scoring.resamples": 20,
    "evaluate.maps": ["pca"],
    "evaluate.griffin_lim.iterations": 8,
    "generate.sounds": 3,
    "generate.griffin_lim.iterations": 8,
}
"""params.yaml, so small that all stages take seconds."""


def make_project(root: Path, **changes: Any) -> Path:
    """Copy what the stages need to `root`, with shrunk parameters.

    Keywords are changes by dotted key, with `__` for the dot.
    """
    root.mkdir(parents=True, exist_ok=True)
    for name in ("src", "stages", "recipes", "datasets"):
        shutil.copytree(
            HERE / name,
            root / name,
            ignore=shutil.ignore_patterns("__pycache__"),
            dirs_exist_ok=True,
        )
    for name in ("dvc.yaml", "params.yaml", ".gitignore", ".dvcignore"):
        shutil.copy(HERE / name, root / name)
    for name in ("recordings", "unseen"):
        shutil.copytree(HERE / "data" / name, root / "data" / name, dirs_exist_ok=True)
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    within = {key for key in SHRUNK if any(key.startswith(f"{whole}.") for whole in dotted)}
    params.edit(
        root / "params.yaml",
        {key: value for key, value in SHRUNK.items() if key not in within} | dotted,
    )
    return root


def write_lock(root: Path) -> None:
    """Write dvc.lock of all stages that have run, as DVC would."""
    from sonovae.tracking import provenance  # which loads TensorFlow

    made = {
        name: provenance.current(root, name)
        for name in ("fetch", "preprocess", "train", "judge", "evaluate", "generate")
    }
    stages = {
        name: {
            "deps": [{"path": path, "md5": hashed} for path, hashed in each.deps.items()],
            "params": {"params.yaml": each.params},
            "outs": [{"path": path, "md5": hashed} for path, hashed in each.outs.items()],
        }
        for name, each in made.items()
        if each.outs
    }
    (root / "dvc.lock").write_text(json.dumps({"schema": "2.0", "stages": stages}))


def write_idx(path: Path, numbers: np.ndarray) -> None:
    """Unsigned bytes in LeCun's format; gzipped where the name says so."""
    sizes = b"".join(size.to_bytes(4, "big") for size in numbers.shape)
    data = bytes([0, 0, 8, numbers.ndim]) + sizes + numbers.astype(np.uint8).tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """A browser that is installed; Playwright's own would have to be downloaded."""
    from playwright.sync_api import sync_playwright

    program = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if not program:
        pytest.skip("no browser: neither chromium nor google-chrome is installed")
    with sync_playwright() as playwright:
        words = [] if os.geteuid() else ["--no-sandbox"]  # the sandbox refuses root
        browser = playwright.chromium.launch(executable_path=program, args=words)
        yield browser
        browser.close()


@pytest.fixture(scope="session", autouse=True)
def _prepared() -> None:
    """Set threads as stages do: they cannot change once anything is computed."""
    if "keras" in sys.modules:
        from sonovae.model import backend

        backend.prepare(threads=2)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "recordings"
    path.mkdir()
    return path


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Address of a scheduler on loopback, and the processes of it and of two ready workers."""
    distributed = pytest.importorskip("distributed")
    file, dask = tmp_path / "scheduler.json", [sys.executable, "-m", "dask"]
    door = [
        "--host",
        "127.0.0.1",
        "--dashboard-address",
        "127.0.0.1:0",
        "--scheduler-file",
        str(file),
    ]
    scheduler = [*dask, "scheduler", "--port", "0", *door]
    worker = [*dask, "worker", *door, "--nthreads", "1", "--no-nanny"]
    environment = os.environ | {"PYTHONPATH": str(HERE / "src"), "OPENBLAS_NUM_THREADS": "1"}
    how = {
        "env": environment,
        "cwd": tmp_path,
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
    }
    processes = [subprocess.Popen(command, **how) for command in (scheduler, worker, worker)]
    try:
        until = time.monotonic() + 60
        while not file.exists() and time.monotonic() < until:
            time.sleep(0.1)
        address = json.loads(file.read_text())["address"]
        with distributed.Client(address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
        yield address, processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def tone(seconds: float = 1.0, hz: float = 440.0, sample_rate: int = 8000) -> np.ndarray:
    """A sine of half the full scale."""
    return (
        0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * sample_rate)) / sample_rate)
    ).astype(np.float32)


def write_tones(folder: Path, n: int, seconds: float = 1.0) -> None:
    """n different recordings."""
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(n):
        sound_files.write(folder / f"tone{i}.wav", tone(seconds, 300 + 50 * i), 8000)


def table(n: int) -> pd.DataFrame:
    """A clips table of n clips that train."""
    columns = {name: [0] * n for name in saved_dataset.COLUMNS} | {
        "split": ["train"] * n,
        "label": ["NA"] * n,
    }
    columns |= {"sha256": ["0" * 64] * n, "item": list(range(n)), "group": ["g"] * n}
    return pd.DataFrame(
        columns | {name: [1.0] * n for name in ("source_start", "low", "high", "gain")}
    )


def standard_normal(size: int) -> density.Density:
    """One Gaussian around 0 with variance 1 in each dimension."""
    return density.diagonal(np.zeros((1, size)), np.ones((1, size)))
