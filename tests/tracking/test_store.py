"""What MLflow holds of a result, in a store of its own."""

import io
import json
import shutil
import signal
import subprocess
import sys
from logging import INFO
from pathlib import Path
from typing import Any

import keras
import mlflow.pyfunc
import numpy as np
import pandas as pd
import pytest
import soundfile

from sonovae import params, tracking, version_control
from sonovae.errors import UserError
from sonovae.tracking import provenance
from stages import evaluate, fetch, generate, judge, preprocess, prior, train
from tests.making.projects import make_project, write_lock

STAGES = [fetch, preprocess, train, prior, judge, evaluate, generate]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_project(tmp_path_factory.mktemp("tracked"))
    for stage in STAGES:
        stage.main(root)
    return root


@pytest.fixture
def copy(done: Path, tmp_path: Path) -> Path:
    """The same result on another machine, whose store is empty."""
    return shutil.copytree(done, tmp_path / "copy", ignore=shutil.ignore_patterns("mlruns"))


def runs(root: Path, stage: str) -> list[Any]:
    return tracking.Store(root).runs(stage=stage)


def files(root: Path, run_id: str, folder: str) -> set[str]:
    return {
        item.path.split("/")[-1]
        for item in tracking.Store(root).client.list_artifacts(run_id, folder)
    }


def test_a_training_is_a_run(done: Path) -> None:
    (run,) = runs(done, "train")
    assert run.data.params["train.learning_rate"] == "0.002"
    assert run.data.params["preprocess.spectrogram.hop_length"] == "128"
    assert run.info.status == "FINISHED"
    # The model is complete with its prior only, whose run has it.
    assert {"params.yaml", "summary.txt", "report.html"} == files(done, run.info.run_id, "")


def test_a_prior_is_a_run_with_the_complete_model(done: Path) -> None:
    (run,) = runs(done, "prior")
    (training,) = runs(done, "train")
    assert run.info.run_name == "prior"
    assert run.data.tags["mlflow.parentRunId"] == training.info.run_id
    own = {name for name in run.data.params if not name.startswith("prior.")}
    assert own == set()
    assert run.data.params["prior.kind"] == "mixture"
    written = {"prior.json", "density.npz", "levels.npz"}
    assert files(done, run.info.run_id, "prior") == written
    assert {"MLmodel", "requirements.txt", "data"} == files(done, run.info.run_id, "model") - {
        "conda.yaml",
        "python_env.yaml",
    }
    (name,) = files(done, run.info.run_id, "model/data")
    assert files(done, run.info.run_id, f"model/data/{name}/prior") == written
    index = pd.read_csv(done / "data/samples/index.csv")
    assert set(index["model"]) == {run.data.tags["model_id"]}


def test_what_was_made_of_its_model_are_runs_below_it(done: Path) -> None:
    (run,), (evaluated,), (generated,) = (
        runs(done, stage) for stage in ("train", "evaluate", "generate")
    )
    assert {each.data.tags["mlflow.parentRunId"] for each in (evaluated, generated)} == {
        run.info.run_id
    }
    found = json.loads((done / "data/evaluation/metrics.json").read_text())
    assert (
        evaluated.data.metrics["test.mse"] == run.data.metrics["test.mse"] == found["test"]["mse"]
    )
    assert run.data.metrics["generated.frechet_mel"] == found["generated"]["frechet_mel"]
    assert evaluated.data.metrics["latent.silhouette"] == found["latent"]["silhouette"]
    assert "latent.silhouette" not in run.data.metrics
    assert set(evaluated.data.params) >= {"evaluate.seed", "judge.steps"}
    assert not any(name.startswith("train.") for name in evaluated.data.params)
    assert generated.data.params["generate.from"] == "prior"
    assert {"metrics.json", "reconstructions.png"} <= files(done, evaluated.info.run_id, "evaluate")
    assert {"sound_001.wav", "sound_001.png", "gallery.png"} <= files(
        done, generated.info.run_id, "generate"
    )


def test_losses_by_epoch_and_what_they_took(done: Path) -> None:
    (run,) = runs(done, "train")
    for name in (
        "loss",
        "mse",
        "kl",
        "val_loss",
        "active_units",
        "seconds",
        "system/cpu_utilization_percentage",
    ):
        points = tracking.Store(done).client.get_metric_history(run.info.run_id, name)
        assert [point.step for point in points] == [1, 2]
    assert not any((done / ".sonovae/points").iterdir())


def test_what_produced_it_stands_in_the_tags(done: Path) -> None:
    (run,) = runs(done, "train")
    made = provenance.current(done, "train")
    assert run.data.tags["key"] == made.key
    assert run.data.tags["input.data/pictures"] == provenance.path_hash(done / "data/pictures")
    assert run.data.tags["output.data/model"] == provenance.path_hash(done / "data/model")
    assert {"input.src/sonovae/model/vae.py", "input.params.yaml:train"} <= run.data.tags.keys()
    networks = json.loads((done / "data/model/model.json").read_text())["id"]
    assert run.data.tags["networks_id"] == networks
    (data,) = run.inputs.dataset_inputs
    assert (data.dataset.name, data.dataset.digest) == ("data/pictures", made.deps["data/pictures"])


def test_the_model_is_served_without_code_in_it(done: Path) -> None:
    (run,) = runs(done, "prior")
    folder = Path(tracking.Store(done).client.download_artifacts(run.info.run_id, "model"))
    assert not [path for path in folder.rglob("*") if path.suffix in (".py", ".pkl")]
    required = (folder / "requirements.txt").read_text()
    assert f"keras=={keras.__version__}" in required
    assert "boto3" not in required  # of the extra team
    model = mlflow.pyfunc.load_model(str(folder))
    rise, z = {"label": "rise", "seed": 3}, {"z": np.zeros(4).tolist()}
    made = [model.predict(pd.DataFrame([row])) for row in (rise, z, {"seed": 3})]
    sounds = [each["file"][0] for each in made]
    assert len(set(sounds)) == 3
    assert model.predict(pd.DataFrame([rise]))["file"][0] == sounds[0]
    for each in sounds:
        samples, rate = soundfile.read(io.BytesIO(each))
        assert (rate, len(samples)) == (8000, 3968)
        assert np.abs(samples).max() > 0.01
    with pytest.raises(UserError, match="no such label|knows"):
        model.predict(pd.DataFrame([{"label": "bark"}]))


def test_the_same_training_again_is_the_same_run(copy: Path) -> None:
    write_lock(copy)
    tracking.track(copy)
    before = runs(copy, "train")
    train.main(copy)
    (run,) = runs(copy, "train")
    assert run.info.run_id == before[0].info.run_id
    points = tracking.Store(copy).client.get_metric_history(run.info.run_id, "loss")
    assert [point.step for point in points] == [1, 2]


def test_a_new_plot_makes_no_new_run_and_new_parameters_do(copy: Path) -> None:
    generate.main(copy)
    (copy / "src/sonovae/pages/plots.py").write_text("# another colour\n")
    generate.main(copy)
    assert [len(runs(copy, stage)) for stage in ("train", "generate")] == [1, 1]
    params.edit(copy / "params.yaml", {"generate.seed": 5})
    generate.main(copy)
    assert [len(runs(copy, stage)) for stage in ("train", "generate")] == [1, 2]


def test_what_another_machine_made_is_logged_whole(
    done: Path, copy: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "sonovae")
    with pytest.raises(
        UserError, match="nothing is trained yet, as far as dvc.lock knows: make repro"
    ):
        tracking.track(copy)
    write_lock(copy)
    found = tracking.track(copy)
    (run,), (there,) = runs(copy, "train"), runs(done, "train")
    assert found["train"] == run.info.run_id
    line = f"MLflow has this result: run {run.info.run_name}, {run.info.run_id}"
    assert line in caplog.messages
    unknown = {name for name in there.data.metrics if name.startswith("system/")} | {"seconds"}
    assert run.data.metrics.keys() == there.data.metrics.keys() - unknown
    assert run.data.params == there.data.params
    assert run.data.tags["key"] == there.data.tags["key"]
    for stage, name in (("evaluate", "report.html"), ("generate", "sound_001.wav")):
        (below,) = runs(copy, stage)
        assert name in files(copy, below.info.run_id, stage)
    before = [
        each.info.end_time
        for stage in ("train", "prior", "evaluate", "generate")
        for each in runs(copy, stage)
    ]
    assert tracking.track(copy) == found
    assert before == [
        each.info.end_time
        for stage in ("train", "prior", "evaluate", "generate")
        for each in runs(copy, stage)
    ]
    (copy / "data/model/summary.txt").write_text("another")
    with pytest.raises(
        UserError, match="data/model is not what dvc.lock names: `dvc checkout` brings it back"
    ):
        tracking.track(copy)


def test_an_older_models_evaluation_is_not_the_new_ones(copy: Path) -> None:
    write_lock(copy)
    text = (copy / "dvc.lock").read_text()
    model = json.loads(text)["stages"]["train"]["outs"][0]["md5"]
    (copy / "data/model/summary.txt").write_text("trained again")
    (copy / "dvc.lock").write_text(text)
    lock = json.loads(text)
    lock["stages"]["train"]["outs"][0]["md5"] = provenance.path_hash(copy / "data/model")
    (copy / "dvc.lock").write_text(json.dumps(lock))
    deps = {dep["path"]: dep["md5"] for dep in lock["stages"]["prior"]["deps"]}
    assert deps["data/model"] == model
    assert tracking.track(copy).keys() == {"train"}
    with pytest.raises(UserError, match="was not evaluated: make repro"):
        tracking.promote(copy)


def test_an_evaluation_with_another_prior_is_not_this_ones(copy: Path) -> None:
    write_lock(copy)
    lock = json.loads((copy / "dvc.lock").read_text())
    params.edit(copy / "params.yaml", {"prior.seed": 2})
    prior.main(copy)
    record = provenance.current(copy, "prior")
    lock["stages"]["prior"]["params"] = {"params.yaml": record.params}
    (out,) = lock["stages"]["prior"]["outs"]
    # The density of another seed may be the same; its folder is another one here.
    (copy / "data/prior/notes.txt").write_text("fitted again")
    out["md5"] = provenance.path_hash(copy / "data/prior")
    (copy / "dvc.lock").write_text(json.dumps(lock))
    assert tracking.track(copy).keys() == {"train", "prior"}
    with pytest.raises(UserError, match="was not evaluated: make repro"):
        tracking.promote(copy)


def test_other_weights_of_the_same_key_have_a_run_of_their_own(copy: Path) -> None:
    """As a GPU makes them of the same data, code and parameters."""
    write_lock(copy)
    (first,) = {tracking.track(copy)["train"]}
    (copy / "data/model/summary.txt").write_text("other weights")
    write_lock(copy)
    second = tracking.track(copy)["train"]
    one, other = (tracking.Store(copy).client.get_run(each) for each in (first, second))
    assert first != second
    assert one.data.tags["key"] == other.data.tags["key"]
    assert one.data.tags["output.data/model"] != other.data.tags["output.data/model"]


def test_the_headline_is_that_of_the_evaluation_that_lies_there(copy: Path) -> None:
    metrics, text = copy / "data/evaluation/metrics.json", (copy / "params.yaml").read_text()
    before = metrics.read_text()
    for seed, mse in ((1, None), (2, 0.5), (1, None)):
        params.edit(copy / "params.yaml", {"evaluate.seed": seed})
        metrics.write_text(json.dumps({"test": {"mse": mse}}) if mse else before)
        write_lock(copy)
        found = tracking.track(copy)
        run = tracking.Store(copy).client.get_run(found["train"])
        assert run.data.tags["evaluation"] == found["evaluate"]
        assert run.data.metrics["test.mse"] == (mse or json.loads(before)["test"]["mse"])
    assert len(runs(copy, "evaluate")) == 2
    assert (copy / "params.yaml").read_text() == text


def test_parameters_that_were_missed_are_logged_later(tmp_path: Path) -> None:
    header = {"name": "a", "time": 1, "tags": {"key": "k", "stage": "train"}, "params": {}}
    store = tracking.Store(tmp_path)
    run_id = store.open(header)
    assert store.open(header | {"params": {"train": {"split.of (some)": 1}}}) == run_id
    assert store.client.get_run(run_id).data.params == {"train.split.of _some_": "1"}


def test_a_run_is_held_against_the_working_tree(done: Path, copy: Path) -> None:
    write_lock(copy)
    tracking.track(copy)
    (run,), (generated,) = runs(copy, "train"), runs(copy, "generate")
    assert "hashes are those of the working tree" in tracking.verify(copy, run.info.run_id)
    assert "hashes are those of the working tree" in tracking.verify(copy, generated.info.run_id)
    path = copy / "data/pictures/pictures.npy"
    flipped = bytearray(path.read_bytes())
    flipped[-1] ^= 1
    path.write_bytes(flipped)
    with pytest.raises(UserError) as caught:
        tracking.verify(copy, run.info.run_id)
    there, here = run.data.tags["input.data/pictures"], provenance.path_hash(copy / "data/pictures")
    assert str(caught.value) == (
        f"error: data/pictures: the run read {there}, the working tree has {here}"
    )
    (copy / "data/samples/sound_001.wav").unlink()
    with pytest.raises(UserError, match="data/samples: the run wrote .*, the working tree has "):
        tracking.verify(copy, generated.info.run_id)
    with pytest.raises(UserError, match=f"MLflow request failed: .*{'0' * 32}"):
        tracking.verify(copy, "0" * 32)


def test_both_ways_between_commits_and_runs(copy: Path) -> None:
    write_lock(copy)
    tracking.track(copy)
    (run,) = runs(copy, "train")
    name = f"MLflow run {run.info.run_name}, {run.info.run_id}"
    assert list(tracking.describe_run(copy, run.info.run_id)) == [
        name,
        "no commit's dvc.lock holds it",
    ]
    for words in (["init", "-q"], ["add", "dvc.lock"], ["commit", "-q", "-m", "first"]):
        version_control.git(copy, "-c", "user.name=a", "-c", "user.email=a@b", *words)
    head = provenance.commit(copy)["git.commit"]
    held = f"commit {head[:10]} holds it: git checkout {head[:10]}; dvc checkout"
    assert list(tracking.describe_commit(copy, "HEAD")) == [name, held]
    assert list(tracking.describe_run(copy, runs(copy, "generate")[0].info.run_id)) == [name, held]
    model = runs(copy, "prior")[0].data.tags["model_id"]
    assert list(tracking.describe_model(copy, model)) == [name, held]
    with pytest.raises(UserError, match="nowhere is neither a file, nor a run, nor a commit"):
        list(tracking.describe_commit(copy, "nowhere"))


def test_a_store_that_cannot_be_reached_stops_nothing(
    copy: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.rmtree(copy / "data/samples")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    generate.main(copy)
    assert (copy / "data/samples/index.csv").exists()
    warnings = [r for r in caplog.records if r.name.startswith("sonovae") and r.levelno > INFO]
    (warning,) = [record.getMessage() for record in warnings]
    assert warning.startswith("MLflow does not have this: ")
    assert warning.endswith("`make track` tries again")
    assert "\n" not in warning


def test_a_store_that_was_killed_when_it_was_made_is_made_anew(tmp_path: Path) -> None:
    killed = """
import os, pathlib, signal, sys
import sqlalchemy
from sonovae import tracking

def kill(connection, cursor, statement, *others):
    if "INSERT INTO _alembic_tmp_experiments" in statement:
        os.kill(os.getpid(), signal.SIGKILL)

sqlalchemy.event.listen(sqlalchemy.Engine, "before_cursor_execute", kill)
tracking.Store(pathlib.Path(sys.argv[1]))
"""
    assert subprocess.run([sys.executable, "-c", killed, tmp_path]).returncode == -signal.SIGKILL
    assert tracking.Store(tmp_path).runs() == []
    assert {path.name for path in (tmp_path / "mlruns").iterdir()} == {".lock", "mlflow.db"}


def test_importing_sets_no_environment_variable_and_loads_no_mlflow() -> None:
    code = """
import os, sys
import sonovae
before = dict(os.environ)
import sonovae.tracking
assert os.environ == before
assert "mlflow" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_store_is_the_projects_in_dvcs_experiments_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "project").mkdir()
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "project"))
    tracking.Store(tmp_path / "copy that is removed")
    assert (tmp_path / "project/mlruns/mlflow.db").exists()
