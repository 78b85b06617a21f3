"""Model code under Keras' other backends, each in its own process: import chooses the backend."""

import importlib.util
import os
import subprocess
import sys

import pytest

from tests.making.projects import HERE

CODE = """
from pathlib import Path
import pytest
from tests.making.trainings import Killed, equal, fit, kill_after, made
from sonovae import training

here = Path.cwd()
data = made(here)
whole = fit(data, here / "whole", epochs=3, learning_rate=1e-2)
assert whole.losses[-1]["mse"] < whole.losses[0]["mse"], whole.losses
with pytest.raises(Killed):
    fit(data, here / "cut", kill_after(1), epochs=3, learning_rate=1e-2)
assert equal(whole, fit(data, here / "cut", epochs=3, learning_rate=1e-2))
training.MINUTES = 0
with pytest.raises(Killed):
    fit(data, here / "within", kill_after(2), epochs=3, learning_rate=1e-2)
newest = sorted((here / "within").glob("*.npz"))[-1]
newest.unlink()  # what is left was saved after four of five batches
assert equal(whole, fit(data, here / "within", epochs=3, learning_rate=1e-2))
print("trained", whole.losses[-1]["val_mse"])
"""


@pytest.mark.processes
@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_trains_and_goes_on_under(backend: str, tmp_path: "os.PathLike[str]") -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    paths = os.pathsep.join(str(folder) for folder in (HERE, HERE / "src"))
    environment = os.environ | {"PYTHONPATH": paths, "KERAS_BACKEND": backend}
    words = [sys.executable, "-c", CODE]
    done = subprocess.run(
        words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.splitlines()[-1].startswith("trained ")
