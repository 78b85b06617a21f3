"""The folder of a model: loading it changes nothing but what it returns."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

from sonovae.distributions import density
from sonovae.model import architecture, latent, saved_model, saved_networks, saved_prior, vae
from sonovae.model.saved_prior import Parts
from sonovae.params.file import load
from sonovae.params.train import Train
from tests.making.densities import levels
from tests.making.projects import HERE, make_project

LOADING = """
import json, sys
from pathlib import Path
import tensorflow
from tensorflow.python.framework.config import is_op_determinism_enabled
from sonovae.model import saved_model, saved_networks

def settings():
    threading = tensorflow.config.threading
    return [
        threading.get_intra_op_parallelism_threads(),
        threading.get_inter_op_parallelism_threads(),
        is_op_determinism_enabled(),
    ]

before = settings()
saved_model.load(Path("model"))
list(saved_networks.snapshots(Path("model")))
print(json.dumps([before, settings()]))
"""


def saved(folder: Path, settings: Train) -> Path:
    """Write an untrained model and a snapshot to `folder`/model, and its prior next to it."""
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
    saved_networks.save_snapshot(model, 1, pair)
    built = architecture.of((64, 32), settings)
    saved_networks.save(model, built, pair, standard, settings.threads, codec)
    prior = folder / "prior"
    prior.mkdir()
    parts = Parts("mixture", standard, levels())
    saved_prior.save(prior, parts, saved_networks.identify(model))
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
    assert saved_networks.threads(model) == 3
    trained = saved_model.load(model)
    z = np.zeros((1, trained.latent_size), np.float32)
    assert latent.decode(trained.decoder, z).shape == (1, 64, 32)


def test_the_prior_lies_next_to_the_model_or_inside(tmp_path: Path) -> None:
    settings = load(make_project(tmp_path / "project") / "params.yaml").train
    model = saved(tmp_path, settings)
    apart = saved_model.load(model)
    assert apart.id == saved_model.identify(model) != saved_networks.identify(model)
    shutil.move(tmp_path / "prior", model / "prior")
    whole = shutil.move(model, tmp_path / "elsewhere")
    together = saved_model.load(whole)
    assert together.id == apart.id
    np.testing.assert_array_equal(together.space.density.means, apart.space.density.means)
    np.testing.assert_array_equal(together.levels.gain, apart.levels.gain)


def test_another_prior_is_another_model(tmp_path: Path) -> None:
    settings = load(make_project(tmp_path / "project") / "params.yaml").train
    model = saved(tmp_path, settings)
    first = saved_model.identify(model)
    networks = saved_networks.identify(model)
    wider = density.diagonal(np.zeros((1, 4)), np.full((1, 4), 2.0))
    saved_prior.save(tmp_path / "prior", Parts("mixture", wider, levels()), networks)
    assert saved_networks.identify(model) == networks
    assert saved_model.load(model).id == saved_model.identify(model) != first
