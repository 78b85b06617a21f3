"""The folder of a model: loading it changes nothing but what it returns."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from sonovae.model import architecture, latent, saved_model, vae
from sonovae.params.file import load
from sonovae.params.train import Train
from tests.making.projects import HERE, make_project

LOADING = """
import json, sys
from pathlib import Path
import tensorflow
from tensorflow.python.framework.config import is_op_determinism_enabled
from sonovae.model import saved_model

def settings():
    threading = tensorflow.config.threading
    return [
        threading.get_intra_op_parallelism_threads(),
        threading.get_inter_op_parallelism_threads(),
        is_op_determinism_enabled(),
    ]

before = settings()
saved_model.load(Path("model"))
list(saved_model.snapshots(Path("model")))
print(json.dumps([before, settings()]))
"""


def saved(folder: Path, settings: Train) -> Path:
    """Write an untrained model and a snapshot to `folder`/model."""
    codec = folder / "codec"
    codec.mkdir()
    for name in ("codec.json", "codec.npz"):
        (codec / name).touch()
    model = folder / "model"
    model.mkdir()
    untrained = vae.build((64, 32), settings)
    pair = (untrained.encoder, untrained.decoder)
    standard = latent.of_prior(untrained.prior)
    assert standard
    saved_model.save_snapshot(model, 1, pair)
    built = architecture.of((64, 32), settings)
    space = latent.Space(standard, standard)
    saved_model.save(model, built, pair, space, settings.threads, codec)
    return model


def test_loading_changes_neither_threads_nor_determinism(tmp_path: Path) -> None:
    settings = load(make_project(tmp_path / "project", train__threads=3) / "params.yaml").train
    saved(tmp_path, settings)
    done = subprocess.run(
        [sys.executable, "-c", LOADING],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(HERE / "src")},
        capture_output=True,
        check=True,
    )
    before, after = json.loads(done.stdout)
    assert before == [0, 0, False]
    assert after == before


def test_threads_are_those_of_training_and_need_not_be_the_process_own(tmp_path: Path) -> None:
    settings = load(make_project(tmp_path / "project", train__threads=3) / "params.yaml").train
    model = saved(tmp_path, settings)
    assert saved_model.threads(model) == 3
    trained = saved_model.load(model)
    z = np.zeros((1, trained.latent_size), np.float32)
    assert latent.decode(trained.decoder, z).shape == (1, 64, 32)
