"""The folder of a prior: what is loaded is what was saved, for the networks it was fitted to."""

import json
from pathlib import Path

import numpy as np
import pytest

from sonovae.errors import UserError
from sonovae.model import saved_prior
from sonovae.model.architecture import Architecture
from sonovae.model.saved_prior import Parts, SavedPrior
from tests.making.densities import levels, standard_normal

NETWORKS = "0123456789abcdef"
BUILT = Architecture((8, 8), 3, "normal", None, None, None)


def load(folder: Path, networks: str = NETWORKS) -> SavedPrior:
    return saved_prior.load(folder, networks, BUILT)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "prior"
    path.mkdir()
    parts = Parts("mixture", standard_normal(3), levels())
    saved_prior.save(path, parts, NETWORKS)
    return path


def test_a_prior_is_loaded_as_it_was_saved(folder: Path) -> None:
    prior = load(folder)
    parts = prior.parts
    np.testing.assert_array_equal(parts.density.covariances, standard_normal(3).covariances)
    np.testing.assert_array_equal(parts.levels.gain, levels().gain)
    assert parts.kind == "mixture"
    assert prior.id == saved_prior.identify(folder, NETWORKS)
    about = json.loads((folder / "prior.json").read_text())
    assert about == {"version": 2, "kind": "mixture", "model": NETWORKS, "id": prior.id}


@pytest.mark.parametrize("name", ["density.npz", "levels.npz"])
def test_other_bytes_than_were_saved_are_refused(folder: Path, name: str) -> None:
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(UserError, match=f"`dvc checkout {folder}` restores them, `dvc repro -f "):
        load(folder)
    (folder / name).unlink()
    with pytest.raises(UserError, match="levels or weights are not those that were saved"):
        load(folder)


def test_a_folder_without_a_prior_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no prior: `dvc repro prior` makes one, `dvc pull`"):
        load(tmp_path)


def test_another_version_is_refused(folder: Path) -> None:
    about = json.loads((folder / "prior.json").read_text())
    (folder / "prior.json").write_text(json.dumps(about | {"version": 0}))
    with pytest.raises(UserError, match="has version 0, not 2: `dvc repro -f prior` fits it again"):
        load(folder)


def test_the_prior_of_other_networks_is_refused(folder: Path) -> None:
    said = "holds the prior of another model, 0123456789ab, not of fedcba: `dvc repro prior` fits"
    for read in (load, saved_prior.identify):
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
