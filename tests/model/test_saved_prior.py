"""The folder of a prior: what is loaded is what was saved, for the networks it was fitted to."""

import json
from pathlib import Path

import numpy as np
import pytest

from sonovae.errors import UserError
from sonovae.model import saved_prior
from tests.making.densities import levels, standard_normal

NETWORKS = "0123456789abcdef"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "prior"
    path.mkdir()
    saved_prior.save(path, "mixture", standard_normal(3), levels(), NETWORKS)
    return path


def test_a_prior_is_loaded_as_it_was_saved(folder: Path) -> None:
    prior = saved_prior.load(folder, NETWORKS)
    np.testing.assert_array_equal(prior.density.covariances, standard_normal(3).covariances)
    np.testing.assert_array_equal(prior.levels.gain, levels().gain)
    assert prior.kind == "mixture"
    assert prior.id == saved_prior.identify(folder, NETWORKS)
    about = json.loads((folder / "prior.json").read_text())
    assert about == {"version": 1, "kind": "mixture", "model": NETWORKS, "id": prior.id}


@pytest.mark.parametrize("name", ["density.npz", "levels.npz"])
def test_other_bytes_than_were_saved_are_refused(folder: Path, name: str) -> None:
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(UserError, match=f"`dvc checkout {folder}` restores them, `dvc repro -f "):
        saved_prior.load(folder, NETWORKS)
    (folder / name).unlink()
    with pytest.raises(UserError, match="density or levels are not those that were saved"):
        saved_prior.load(folder, NETWORKS)


def test_a_folder_without_a_prior_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no prior: `dvc repro prior` makes one, `dvc pull`"):
        saved_prior.load(tmp_path, NETWORKS)


def test_another_version_is_refused(folder: Path) -> None:
    about = json.loads((folder / "prior.json").read_text())
    (folder / "prior.json").write_text(json.dumps(about | {"version": 0}))
    with pytest.raises(UserError, match="has version 0, not 1: `dvc repro -f prior` fits it again"):
        saved_prior.load(folder, NETWORKS)


def test_the_prior_of_other_networks_is_refused(folder: Path) -> None:
    said = "holds the prior of another model, 0123456789ab, not of fedcba: `dvc repro prior` fits"
    for read in (saved_prior.load, saved_prior.identify):
        with pytest.raises(UserError, match=said) as caught:
            read(folder, "fedcba")
        assert "\n" not in str(caught.value)


def test_the_folder_lies_inside_the_models_or_next_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tmp_path / "model"
    model.mkdir()
    assert saved_prior.folder_of(model) == tmp_path / "prior"
    assert saved_prior.folder_of(Path("data/model")) == Path("data/prior")
    monkeypatch.chdir(model)
    assert saved_prior.folder_of(Path()) == tmp_path / "prior"
    (model / "prior").mkdir()
    assert saved_prior.folder_of(model) == model / "prior"
