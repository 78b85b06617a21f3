"""What MLflow holds of a result, in a store of its own."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import make_project

from sonovae import params, provenance, tracking
from stages import evaluate, fetch, generate, judge, preprocess, train

STAGES = [fetch, preprocess, train, judge, evaluate, generate]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_project(tmp_path_factory.mktemp("tracked"))
    for stage in STAGES:
        stage.main(root)
    return root


def runs(root: Path) -> list[Any]:
    client, experiment = tracking._store(root)
    return list(client.search_runs([experiment]))


def files(root: Path, run_id: str, folder: str) -> set[str]:
    client, _ = tracking._store(root)
    return {item.path.split("/")[-1] for item in client.list_artifacts(run_id, folder)}


def test_one_run_holds_the_whole_result(done: Path) -> None:
    (run,) = runs(done)
    assert run.data.params["train.learning_rate"] == "0.001"
    assert run.data.params["preprocess.spectrogram.hop_length"] == "128"
    assert run.data.tags["generate.from"] == "density"
    found = json.loads((done / "data/evaluation/metrics.json").read_text())
    assert run.data.metrics["test.mse"] == found["test"]["mse"]
    assert run.data.metrics["floors.pca"] == found["floors"]["pca"]
    assert run.info.status == "FINISHED"
    assert {"sound_001.wav", "sound_001.png", "gallery.png", "index.csv"} <= files(done, run.info.run_id, "generate")
    assert {"metrics.json", "reconstructions.png"} <= files(done, run.info.run_id, "evaluate")
    assert {"codec.json", "encoder.npz"} <= files(done, run.info.run_id, "model")


def test_losses_by_epoch(done: Path) -> None:
    (run,) = runs(done)
    client, _ = tracking._store(done)
    for name in ("loss", "mse", "kl", "val_loss"):
        assert [point.step for point in client.get_metric_history(run.info.run_id, name)] == [1, 2]


def test_what_produced_it_stands_in_the_tags(done: Path) -> None:
    (run,) = runs(done)
    hashes = provenance.inputs(done, "train")
    assert run.data.tags["key"] == provenance.key(hashes)
    assert run.data.tags["input.data/pictures"] == provenance.path_hash(done / "data/pictures")
    assert "input.src/sonovae/vae.py" in run.data.tags
    assert "input.params.yaml:train" in run.data.tags
    assert run.data.tags["model_id"] == json.loads((done / "data/model/model.json").read_text())["id"]


def test_the_same_training_again_is_the_same_run(done: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(done, tmp_path / "copy", ignore=shutil.ignore_patterns("mlruns"))
    for _ in range(2):
        train.main(copy)
    (run,) = runs(copy)
    client, _ = tracking._store(copy)
    assert [point.step for point in client.get_metric_history(run.info.run_id, "loss")] == [1, 2]
    params.edit(copy / "params.yaml", {"train.kl_weight": 1e-3})
    train.main(copy)
    assert len(runs(copy)) == 2


def test_a_model_from_elsewhere_gets_a_run(done: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(done, tmp_path / "copy", ignore=shutil.ignore_patterns("mlruns"))
    generate.main(copy)
    (run,) = runs(copy)
    assert run.data.tags["key"] == provenance.key(provenance.inputs(copy, "train"))


def test_a_store_that_cannot_be_reached_stops_nothing(
    done: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = shutil.copytree(done, tmp_path / "copy", ignore=shutil.ignore_patterns("samples"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    generate.main(copy)
    assert (copy / "data/samples/index.csv").exists()
    warning = capsys.readouterr().err
    assert "warning: MLflow does not have this: " in warning
    assert warning.count("\n") == 1


def test_the_store_is_the_projects_in_dvcs_experiments_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "project").mkdir()
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "project"))
    tracking._store(tmp_path / "copy that is removed")
    assert (tmp_path / "project/mlruns/mlflow.db").exists()


def test_the_key_follows_data_code_and_parameters_alone(done: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(done, tmp_path / "copy")
    before = provenance.key(provenance.inputs(copy, "train"))
    params.edit(copy / "params.yaml", {"generate.seed": 5})
    (copy / "src/sonovae/plots.py").write_text("")
    assert provenance.key(provenance.inputs(copy, "train")) == before
    changed = set()
    for path in ("data/pictures/pictures.npy", "src/sonovae/vae.py"):
        (copy / path).write_bytes((copy / path).read_bytes() + b"\n")
        changed.add(provenance.key(provenance.inputs(copy, "train")))
    params.edit(copy / "params.yaml", {"train.epochs": 3})
    changed.add(provenance.key(provenance.inputs(copy, "train")))
    assert len(changed | {before}) == 4


def test_commit_says_whether_the_tree_was_clean(tmp_path: Path) -> None:
    assert provenance.commit(tmp_path) == {}
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "first"]):
        provenance._git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@b", *words)
    assert provenance.commit(tmp_path)["git.clean"] == "true"
    np.save(tmp_path / "new.npy", np.zeros(1))
    found = provenance.commit(tmp_path)
    assert found["git.clean"] == "false"
    assert len(found["git.commit"]) == 40
