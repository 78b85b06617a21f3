"""Threads, devices and workers, as the environment names them."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from sonovae.errors import UserError
from sonovae.model import backend
from stages import fetch, preprocess
from tests.making.projects import make_project

GPUS = ["gpu:0", "gpu:1"]


@pytest.mark.parametrize(
    ("gpus", "wanted", "chosen", "said"),
    [
        ([], "one", [], "train: on the processor, 2 threads"),
        ([], "all", [], "train: on the processor, 2 threads"),
        (GPUS, "one", ["gpu:0"], "train: on gpu:0"),
        (GPUS, "all", GPUS, "train: on gpu:0, gpu:1"),
    ],
)
def test_devices(
    gpus: list[str], wanted: str, chosen: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SONOVAE_DEVICES", wanted)
    assert backend.devices(gpus, threads=2) == (chosen, said)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("SONOVAE_DEVICES", "two", "SONOVAE_DEVICES = 'two': it must be one or all"),
        ("KERAS_DISTRIBUTION_PROCESS_ID", "one", "must be numbers"),
        (
            "KERAS_DISTRIBUTION_PROCESS_ID",
            "1",
            "PROCESS_ID = 1: it must be less than KERAS_DISTRIBUTION_NUM_PROCESSES",
        ),
        (
            "KERAS_DISTRIBUTION_NUM_PROCESSES",
            "2",
            "NUM_PROCESSES = 2 needs KERAS_BACKEND=jax, and this is tensorflow",
        ),
    ],
)
def test_what_the_environment_must_not_say(
    name: str, value: str, rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match=rule):
        backend.distribute(threads=2)


class ResourceExhaustedError(Exception):
    """As TensorFlow calls it."""


@pytest.mark.parametrize(
    "error", [ResourceExhaustedError("OOM"), RuntimeError("RESOURCE_EXHAUSTED: Out of memory")]
)
def test_out_of_memory_says_what_to_lower(error: Exception) -> None:
    said = "out of memory: lower train.batch_size = 64, or the filters"
    with pytest.raises(UserError, match=said), backend.within_memory(64):
        raise error
    with pytest.raises(ValueError, match="another"), backend.within_memory(64):
        raise ValueError("another")


MIRRORED = """
import tensorflow
cpu, = tensorflow.config.list_physical_devices("CPU")
two = [tensorflow.config.LogicalDeviceConfiguration()] * 2
from pathlib import Path
from sonovae import params
from sonovae.dataset import saved_dataset
from sonovae.model import backend
from sonovae.runtime import logs
from sonovae.training import trainer
from sonovae.training.checkpoint import Checkpoints
logs.to_console()
p = params.load(Path("params.yaml")).train
backend.prepare(p.threads)
tensorflow.config.set_logical_device_configuration(cpu, two)
backend._gpus = lambda: ["CPU:0", "CPU:1"]  # in the place of two GPUs
data = saved_dataset.load(Path("data/pictures"))
Path("kept").mkdir()
state = trainer.train(data, p, Checkpoints(Path("kept")), lambda *_: None)
assert state.losses[1]["mse"] < state.losses[0]["mse"]
"""


def environment(**more: str) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": "src:.", "OPENBLAS_NUM_THREADS": "1"} | more


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    root = make_project(tmp_path / "project", train__batch_size=8, train__learning_rate=1e-2)
    for stage in (fetch, preprocess):
        stage.main(root)
    return root


@pytest.mark.processes
def test_all_devices_of_one_machine_under_tensorflow(prepared: Path) -> None:
    words = [sys.executable, "-c", MIRRORED]
    done = subprocess.run(
        words, cwd=prepared, env=environment(SONOVAE_DEVICES="all"), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "train: on CPU:0, CPU:1\n" in done.stdout


@pytest.mark.processes
def test_two_workers_learn_what_one_does(prepared: Path) -> None:
    """Two processes on loopback, half of each batch each; the first alone writes."""
    losses = []
    for count in (1, 2):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        shared = {"KERAS_BACKEND": "jax", "KERAS_DISTRIBUTION_JOB_ADDRESSES": address}
        shared |= {"KERAS_DISTRIBUTION_NUM_PROCESSES": str(count)}
        each = [
            environment(**shared, KERAS_DISTRIBUTION_PROCESS_ID=str(index))
            for index in range(count)
        ]
        words = [sys.executable, "stages/train.py"]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        workers = [subprocess.Popen(words, cwd=prepared, env=some, **pipes) for some in each]
        said = [worker.communicate(timeout=100)[0] for worker in workers]
        assert [worker.returncode for worker in workers] == [0] * count, said
        losses.append(pd.read_csv(prepared / "data/model/losses.csv"))
    assert "train: on the processor, 2 threads; worker 2 of 2" in said[1]
    pd.testing.assert_frame_equal(*losses, rtol=1e-3)
