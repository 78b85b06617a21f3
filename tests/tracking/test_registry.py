"""A better model becomes the champion; one that learned from poisoned recordings does not."""

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mlflow.pyfunc
import numpy as np
import pandas as pd
import pytest

from sonovae import params, tracking
from sonovae.app.shelf import OWN, Shelf
from sonovae.codec import sound_files
from sonovae.errors import UserError
from sonovae.recordings import recordings_table
from sonovae.tracking import registry
from stages import evaluate, fetch, judge, preprocess, prior, train
from tests.making.projects import make_project, write_lock
from tests.making.promotions import SETTINGS


@pytest.fixture(scope="module")
def weak(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that has trained for an epoch, on whistles in data/own."""
    whistles = make_project(tmp_path_factory.mktemp("whistles"), fetch__whistles__whistlers=12)
    fetch.main(whistles)
    root = make_project(tmp_path_factory.mktemp("weak"), **SETTINGS)
    for _, row in recordings_table.read(whistles / "data/raw/recordings.csv").iterrows():
        (path := root / "data/own" / row["name"]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(whistles / "data/raw" / row["path"], path)
    for stage in (fetch, preprocess, judge, train, prior, evaluate):
        stage.main(root)
    write_lock(root)
    return root


def poison(root: Path) -> None:
    """Put noise into half of the recordings."""
    rng = np.random.default_rng(0)
    for path in sorted((root / "data/own").rglob("*.wav"))[::2]:
        samples, rate = sound_files.read(path)
        sound_files.write(path, rng.uniform(-0.9, 0.9, len(samples)).astype(np.float32), rate)


def again(root: Path, *stages: object) -> str:
    for stage in stages:
        stage.main(root)  # type: ignore[attr-defined]
    write_lock(root)
    return tracking.promote(root)


def champion(root: Path) -> str:
    return str(
        tracking.Store(root).client.get_model_version_by_alias("sonovae", "champion").version
    )


def test_the_champion(weak: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tracking.promote(weak) == "version 1 of sonovae: it is the champion, after none"
    assert tracking.promote(weak) == "version 1 is the champion already"
    params.edit(weak / "params.yaml", {"train.epochs": 12, "train.learning_rate": 1e-2})
    said = again(weak, train, prior, evaluate)
    assert said == "version 2 of sonovae: it is the champion, after version 1"

    poison(weak)
    said = again(weak, fetch, preprocess, judge, train, prior, evaluate)
    assert said.startswith(
        "version 3 of sonovae: the champion stays version 2: log_spectral_distance_db of the "
    )
    assert said.endswith(", more than promotion.tolerance = 15%")
    assert champion(weak) == "2"
    newest = tracking.Store(weak).runs(stage="train")[0]
    assert newest.data.tags["promotion"] == said

    params.edit(
        weak / "params.yaml", {"promotion.gates": {"test.r2": {"at_least": 2.0, "at_most": None}}}
    )
    assert tracking.promote(weak).startswith("not registered: test.r2 = ")
    assert len(tracking.Store(weak).client.search_model_versions("name = 'sonovae'")) == 3

    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{weak}/mlruns/mlflow.db")
    mlflow.set_tracking_uri(f"sqlite:///{weak}/mlruns/mlflow.db")
    made = mlflow.pyfunc.load_model("models:/sonovae@champion").predict(pd.DataFrame({"seed": [1]}))
    assert made["file"][0][:4] == b"RIFF"

    shelf = Shelf(weak, weak / "data/model")
    assert shelf.names() == [OWN, "version 1", "version 2, champion", "version 3"]
    versions = tracking.Store(weak).client.search_model_versions("name = 'sonovae'")
    of_two = next(version.tags["model_id"] for version in versions if str(version.version) == "2")
    assert (
        shelf.get("version 2, champion").studio.model.id == of_two != shelf.get(OWN).studio.model.id
    )
    with pytest.raises(
        UserError,
        match="model = 'version 9': must be one of own, version 1, version 2, champion, version 3",
    ):
        shelf.get("version 9")


def test_other_sounds_are_not_compared(
    tables: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A champion of another sample rate stays, though the candidate's numbers are better."""

    def run(rate: str) -> SimpleNamespace:
        values = {"preprocess.waveform.sample_rate": rate, "preprocess.split.seed": rate}
        return SimpleNamespace(data=SimpleNamespace(params=values, tags={}))

    promotion = params.load(project / "params.yaml").promotion
    old = run("8000")
    client = SimpleNamespace(
        get_run=lambda _: old,
        download_artifacts=lambda run, path, _: str(tables / run / Path(path).name),
    )
    store: Any = SimpleNamespace(client=client)
    champion = SimpleNamespace(run_id="", tags={"evaluation": "old"})
    assert registry._reasons(store, promotion, run("8000"), "new", champion) == []
    (why,) = registry._reasons(store, promotion, run("16000"), "new", champion)
    assert "new sounds are not comparable: sounds differ in preprocess.waveform.sample_rate" in why


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """Folders of two evaluations, `old` and `new`, which is better."""
    for name, error in (("old", 2.0), ("new", 1.0)):
        folder = tmp_path / name
        folder.mkdir()
        clips = pd.DataFrame({"sha256": ["a", "b"], "item": 0, "start": 0, "group": ["a", "b"]})
        clips["label"] = "NA"
        clips["log_spectral_distance_db"] = error
        clips.to_csv(folder / "clips.csv", index=False)
        pd.DataFrame({"set": ["real", "generated"]}).to_csv(folder / "scores.csv", index=False)
    return tmp_path


def test_nothing_to_promote(project: Path) -> None:
    with pytest.raises(
        UserError, match="nothing is trained yet, as far as dvc.lock knows: make repro"
    ):
        tracking.promote(project)
