"""What a push asks for, from a fresh clone each time, as CI has one."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sonovae import tracking
from sonovae.codec import sound_files
from sonovae.recordings import recordings_table
from stages import fetch
from tests.making.projects import make_project
from tests.making.promotions import SETTINGS
from tests.making.repositories import call, commit, make_repository, sonovae

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def whistles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of recordings, a folder a label."""
    made = make_project(tmp_path_factory.mktemp("whistles"), fetch__whistles__whistlers=14)
    fetch.main(made)
    for _, row in recordings_table.read(made / "data/raw/recordings.csv").iterrows():
        (path := made / "own" / row["name"]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(made / "data/raw" / row["path"], path)
    return made / "own"


@pytest.fixture(scope="module")
def main(whistles: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A bare repository whose branch main has a result, without the last two whistlers.

    DVC's remote has its files, and MLflow its champion.
    """
    home = tmp_path_factory.mktemp("retrain")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{home}/mlflow.db")
        settings = SETTINGS | {
            "fetch__source": "whistles",
            "fetch__folder": "data/recordings",
            "train__epochs": 12,
            "train__learning_rate": 1e-2,
        }
        root = make_repository(home / "desk", **settings)
        call(root, "git", "branch", "-M", "main")
        first = shutil.copytree(
            whistles, home / "first", ignore=shutil.ignore_patterns("whistler13*", "whistler14*")
        )
        sonovae(root, "folder", str(first))
        call(root, "dvc", "remote", "add", "-d", "team", str(home / "remote"))
        commit(root)
        said = sonovae(root, "retrain", "--promote")
        assert "it is the champion, after none" in said
        commit(root)
        call(root, "dvc", "push", "-q")
        call(home, "git", "clone", "-q", "--bare", str(root), "main.git")
        yield home / "main.git"


def clone(main: Path, to: Path) -> Path:
    call(to.parent, "git", "clone", "-q", str(main), to.name)
    return to


def champion(root: Path) -> str:
    return str(
        tracking.Store(root).client.get_model_version_by_alias("sonovae", "champion").version
    )


def own(root: Path) -> Path:
    """The recordings of a clone, to be changed."""
    call(root, "dvc", "pull", "-q", "data/own.dvc")
    call(root, "dvc", "unprotect", "data/own")
    return root / "data/own"


def test_what_touches_no_result_trains_nothing(main: Path, tmp_path: Path) -> None:
    root = clone(main, tmp_path / "clone")
    (root / "README.md").write_text("another word")
    commit(root)
    said = sonovae(root, "retrain", "--base", "origin/main")
    assert "Running stage" not in said
    assert (
        (root / ".sonovae/retrain/comment.md")
        .read_text()
        .startswith("### sonovae: unchanged\n\nNothing that")
    )


def test_more_recordings(main: Path, whistles: Path, tmp_path: Path) -> None:
    root = clone(main, tmp_path / "clone")
    shutil.copytree(whistles, own(root), dirs_exist_ok=True)
    call(root, "dvc", "add", "-q", "data/own")
    commit(root)
    said = sonovae(root, "retrain", "--base", "origin/main", "--promote")
    comment = (root / ".sonovae/retrain/comment.md").read_text()
    assert comment.startswith("### sonovae: green\n\nAll gates passed.")
    assert "8 added: fall/whistler13-1.wav" in comment
    assert "| centroid | " in comment
    # Half a second of a few whistles is too little for a judge.
    assert "The previous judge cannot judge: it names " in comment
    assert "| confidence |" not in comment
    assert "| mse | 0.0" in comment
    assert "labels heard by the previous judge" not in comment
    assert "Validation error by epoch: █" in comment
    assert said.count("Running stage") == 7
    commit(root)  # as `make keep` does
    call(root, "git", "push", "-q", "origin", "HEAD:more")
    again = clone(main, tmp_path / "again")
    call(again, "git", "checkout", "-q", "more")
    assert "Running stage" not in sonovae(again, "retrain", "--base", "origin/main")
    same = (again / ".sonovae/retrain/comment.md").read_text()
    assert (
        same.partition("version 2")[0].partition("MLflow run")[0]
        == comment.partition("version 2")[0]
    )


def test_noise_is_red_and_moves_no_champion(main: Path, tmp_path: Path) -> None:
    root = clone(main, tmp_path / "clone")
    before, rng = champion(root), np.random.default_rng(0)
    for path in sorted(own(root).rglob("*.wav"))[::2]:
        samples, rate = sound_files.read(path)
        sound_files.write(path, rng.uniform(-0.9, 0.9, len(samples)).astype(np.float32), rate)
    call(root, "dvc", "add", "-q", "data/own")
    commit(root)
    said = sonovae(root, "retrain", "--base", "origin/main", "--promote", fails=True)
    assert re.search(r"error: centroid of new recordings drifts by [\d.]+, more than 0.9", said)
    assert said.strip().splitlines()[-1].startswith("error: ")
    assert (root / ".sonovae/retrain/comment.md").read_text().startswith("### sonovae: RED")
    assert champion(root) == before
