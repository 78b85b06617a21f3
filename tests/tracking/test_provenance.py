"""What went into a stage, and how it is named; DVC's own hashes are met in tests/test_dvc.py."""

from pathlib import Path

import numpy as np
import pytest

from sonovae import params, version_control
from sonovae.tracking import provenance
from stages import fetch, preprocess
from tests.making.projects import make_project


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = make_project(tmp_path_factory.mktemp("made"))
    fetch.main(path)
    preprocess.main(path)
    return path


def test_the_key_follows_data_code_and_parameters_alone(root: Path) -> None:
    def key() -> str:
        return provenance.current(root, "train").key

    before = key()
    params.edit(root / "params.yaml", {"generate.seed": 5})
    (root / "src/sonovae/pages/plots.py").write_text("")
    assert key() == before
    found = {before}
    bytecode = root / "src/sonovae/model/__pycache__/vae.pyc"
    bytecode.parent.mkdir()
    bytecode.write_bytes(b"compiled")
    assert key() == before
    for path in ("data/pictures/pictures.npy", "src/sonovae/model/vae.py"):
        (root / path).write_bytes((root / path).read_bytes() + b"\n")
        found.add(key())
    params.edit(root / "params.yaml", {"train.epochs": 3})
    assert len(found | {key()}) == 4


def test_the_key_below_follows_parent_data_and_parameters_and_no_code(root: Path) -> None:
    made = provenance.current(root, "generate")
    (root / "stages/generate.py").write_text("")
    assert provenance.current(root, "generate").key != made.key
    assert (
        provenance.current(root, "generate").key_below("a")
        == made.key_below("a")
        != made.key_below("b")
    )
    params.edit(root / "params.yaml", {"generate.seed": 6})
    assert provenance.current(root, "generate").key_below("a") != made.key_below("a")


def test_paths_of_the_wiring_are_filled_with_parameters(root: Path) -> None:
    assert "data/recordings" in provenance.current(root, "fetch").deps
    assert "data/unseen" in provenance.current(root, "evaluate").deps


def test_commit_says_whether_the_tree_was_clean(tmp_path: Path) -> None:
    assert provenance.commit(tmp_path) == {}
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "first"]):
        version_control.git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@b", *words)
    assert provenance.commit(tmp_path)["git.clean"] == "true"
    np.save(tmp_path / "new.npy", np.zeros(1))
    found = provenance.commit(tmp_path)
    assert found["git.clean"] == "false"
    assert len(found["git.commit"]) == 40
    assert provenance.at_commit(tmp_path, "HEAD") == {}
