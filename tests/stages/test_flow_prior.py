"""A sequence model and its flow through all stages: outs, equal bytes, resume, what it refuses."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sonovae import params
from sonovae.errors import UserError
from sonovae.generation import studio
from sonovae.training import checkpoint
from stages import fetch, generate, preprocess, prior, train
from tests.making.projects import make_project
from tests.making.trainings import Killed

SEQUENCE = {"halvings": 2, "filters": 8, "maps": 2, "crop_frames": 16}
CHANGES: dict[str, Any] = {
    "preprocess__spectrogram__scale": "power",
    "preprocess__spectrogram__power": 0.3,
    "preprocess__spectrogram__dynamic_range_db": None,
    "train__latent_size": 3,
    "train__sequence": SEQUENCE,
    "train__encoder": None,
    "train__decoder": None,
    "prior__kind": "flow",
    "prior__flow__layers": 1,
    "prior__flow__width": 8,
    "prior__flow__heads": 2,
    "prior__flow__batch_size": 8,
    "prior__flow__epochs": 2,
    "prior__adversarial__epochs": 2,
    "prior__adversarial__steps": 2,
    "prior__adversarial__draws": 16,
    "prior__adversarial__batch_size": 4,
    "generate__steps": 2,
}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_project(tmp_path_factory.mktemp("flow"), **CHANGES)
    for stage in (fetch, preprocess, train, prior, generate):
        stage.main(root)
    return root


@pytest.fixture
def copy(done: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(done, tmp_path / "copy"))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_outs(done: Path) -> None:
    names = set(contents(done / "data/prior"))
    weights = {"flow.npz", "scaling.npz", "decoder.npz", "density.npz", "levels.npz"}
    assert names == weights | {"prior.json", "flow.csv", "texture.csv"}
    assert not list((done / ".sonovae/checkpoints").glob("*/*.npz"))
    z = np.load(done / "data/samples/z.npy")
    assert z.shape == (3, 3 * 32 // 4)


def test_same_bytes_twice_and_others_from_another_seed(done: Path, copy: Path) -> None:
    prior.main(copy)
    generate.main(copy)
    assert contents(copy / "data/prior") == contents(done / "data/prior")
    assert contents(copy / "data/samples") == contents(done / "data/samples")
    params.edit(copy / "params.yaml", {"prior.seed": 2})
    prior.main(copy)
    assert contents(copy / "data/prior")["flow.npz"] != contents(done / "data/prior")["flow.npz"]


@pytest.mark.parametrize("saves", [1, 3])
def test_what_was_killed_goes_on_to_the_same_bytes(
    done: Path, copy: Path, saves: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within the flow's training and within the decoder's."""
    made: list[int] = []
    save = checkpoint.Checkpoints.save

    def save_and_die(self: checkpoint.Checkpoints, arrays: Any) -> None:
        save(self, arrays)
        made.append(1)
        if len(made) == saves:
            raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(checkpoint.Checkpoints, "save", save_and_die)
        prior.main(copy)
    prior.main(copy)
    assert contents(copy / "data/prior") == contents(done / "data/prior")


def test_label_and_length_are_asked_of_the_flow(done: Path) -> None:
    opened = studio.load(done / "data/model")
    whole = opened.generate(2, label=opened.labels[0], seed=1)
    assert whole.shape[1] == opened.codec.clip_settings.clip_length
    assert opened.draw(2, seconds=1.5).shape[1] > whole.origin.z.shape[1]
    with pytest.raises(UserError, match="generate.label = 'other': the prior knows"):
        opened.generate(1, label="other")
    with pytest.raises(UserError, match="generate.group = 'other': the prior knows no groups"):
        opened.generate(1, group="other")
    rule = "generate.seconds = 1e.06: a sound must have at least one sample"
    with pytest.raises(UserError, match=rule):
        opened.generate(1, seconds=1e6)


def test_prior_of_another_model_is_refused(copy: Path) -> None:
    about = json.loads((copy / "data/prior/prior.json").read_text())
    about["model"] = "0" * 64
    (copy / "data/prior/prior.json").write_text(json.dumps(about))
    with pytest.raises(UserError, match="holds the prior of another model, 000000000000"):
        studio.load(copy / "data/model")


def test_flow_needs_a_sequence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="prior.kind = flow needs z that is a sequence"):
        make_project(tmp_path, prior__kind="flow")
