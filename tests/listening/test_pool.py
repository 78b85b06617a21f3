"""A listening study: pool of sounds, answers, their analysis, and the pool for webMUSHRA."""

import json
import shutil
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyloudnorm
import pytest
import soundfile
from ruamel.yaml import YAML

from sonovae import tracking
from sonovae.console import cli
from sonovae.errors import UserError
from sonovae.listening import pool, report, sounds, webmushra
from sonovae.listening.answers import Answers
from sonovae.listening.pool import Pool
from sonovae.model import saved_model
from stages import fetch, preprocess, prior, train
from tests.making.projects import make_project
from tests.making.small_study import rate_all, write_pool

EACH = 4


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a model and the pool of a study."""
    root = make_project(tmp_path_factory.mktemp("listening"))
    for stage in (fetch, preprocess, train, prior):
        stage.main(root)
    pool.make(root, 1, EACH)
    return root


@pytest.fixture
def of(root: Path) -> Pool:
    return pool.load(root)


def heard(of: Pool, name: str) -> list[tuple[np.ndarray, int]]:
    chosen = of.sounds[of.sounds["set"] == name].sort_values("trial")
    return [soundfile.read(of.file(sound)) for sound in chosen["id"]]


def test_all_sets_are_there_spread_over_the_labels(of: Pool) -> None:
    assert of.sounds.groupby("set").size().to_dict() == dict.fromkeys(sounds.SETS, EACH)
    labels = of.sounds.groupby("trial")["label"].agg(set)
    assert len(set().union(*labels)) == EACH  # all four
    assert sorted(of.sounds["trial"].unique()) == list(range(1, EACH + 1))
    assert of.about.model == saved_model.load(of.folder.parents[1] / "data/model").id


def test_sounds_are_equally_loud(of: Pool) -> None:
    for samples, rate in (soundfile.read(path) for path in of.folder.glob("*.wav")):
        found = pyloudnorm.Meter(rate, block_size=0.4).integrated_loudness(samples)
        assert found == pytest.approx(of.about.lufs, abs=0.1)
        assert np.abs(samples).max() < 1
    assert of.sounds["loudness"].std() > 0.5  # they were not before


def test_names_and_files_tell_nothing(of: Pool) -> None:
    files = sorted(of.folder.glob("*.wav"))
    assert [path.stem for path in files] == list(of.sounds["id"])
    assert len({path.stat().st_size for path in files}) == 1
    assert not any(soundfile.SoundFile(path).comment for path in files)
    assert list(of.sounds["set"]) != sorted(of.sounds["set"])
    assert all(len(path.stem) == 9 and int(path.stem[1:], 16) >= 0 for path in files)


def test_no_clip_is_heard_twice_but_in_its_anchor(of: Pool) -> None:
    real, reference = (
        [samples for samples, _ in heard(of, name)] for name in (sounds.REAL, sounds.REFERENCE)
    )
    for one, other in permutations(real + reference, 2):
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.95
    for clean, (worse, _) in zip(reference, heard(of, sounds.ANCHOR), strict=True):
        assert 0.5 < np.corrcoef(clean, worse)[0, 1] < 0.99


def test_the_same_seed_makes_the_same_pool(root: Path, tmp_path: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in (root / pool.POOL).iterdir()}
    pool.make(root, 1, EACH)
    assert {path.name: path.stat().st_mtime_ns for path in (root / pool.POOL).iterdir()} == before
    copy = shutil.copytree(
        root, tmp_path / "copy", ignore=shutil.ignore_patterns("study", "mlruns")
    )
    pool.make(copy, 1, EACH)
    for path in (root / pool.POOL).iterdir():
        assert path.read_bytes() == (copy / pool.POOL / path.name).read_bytes()
    other = pool.make(copy, 2, EACH)
    assert not set(other.sounds["id"]) & {Path(name).stem for name in before}
    Answers(copy, other.sounds["id"])  # opened, and nobody has answered
    pool.make(copy, 1, EACH)


def test_a_pool_with_answers_is_not_replaced(root: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(root, tmp_path / "copy", ignore=shutil.ignore_patterns("mlruns"))
    rate_all(copy, {})
    with pytest.raises(UserError, match="study/ holds 40 ratings of another pool"):
        pool.make(copy, 2, EACH)
    assert pool.load(copy).about.seed == 1
    ids = list(pool.load(copy).sounds["id"])
    shutil.rmtree(copy / pool.POOL)  # alone: its answers are there
    with pytest.raises(UserError, match="study/ holds 40 ratings of another pool"):
        pool.make(copy, 2, EACH)
    assert list(pool.make(copy, 1, EACH).sounds["id"]) == ids


def test_what_there_is_no_pool_of(root: Path, tmp_path: Path) -> None:
    with pytest.raises(
        UserError,
        match="--each 100: that takes 300 clips of the test split, which has .*: at most --each",
    ):
        pool.make(root, 2, 100)
    with pytest.raises(UserError, match="no pool of sounds: `make study` makes one"):
        pool.load(tmp_path)
    copy = shutil.copytree(
        root, tmp_path / "copy", ignore=shutil.ignore_patterns("mlruns", "study")
    )
    shutil.rmtree(copy / "data/pictures")
    with pytest.raises(UserError, match="data/pictures holds no clips: `dvc repro` makes them"):
        pool.make(copy, 1, EACH)
    (copy / "data/model/model.json").unlink()
    with pytest.raises(UserError, match="holds no model: `dvc repro train` makes one"):
        pool.make(copy, 1, EACH)
    assert not (copy / "study").exists()


def test_the_report(
    root: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    shutil.rmtree(root / "study", ignore_errors=False)
    pool.make(root, 1, EACH)
    with pytest.raises(UserError, match="study/ holds no ratings yet"):
        report.write(root)
    wanted = {"real": 4, "reference": 5, "reconstructed": 3, "generated": 2, "anchor": 1}
    tokens = [
        rate_all(root, wanted),
        rate_all(root, wanted | {"real": 5}, "quality"),
        rate_all(root, {"anchor": 5}),
    ]
    page = report.write(root).read_text()
    assert "3 listeners began, 3 came to the end" in page
    assert (
        "Rated the audio quality of the anchors as high as the hidden references, or higher: "
        f"{tokens[2][:9]}." in page
    )
    assert f"Without {tokens[2][:9]}" in page
    assert tokens[0] not in page
    assert "hidden reference" in page
    assert "by label" in page
    assert ">nan" not in page
    table = pd.read_csv(root / report.CSV)
    assert len(table) == 3 * 5 * EACH * 2
    assert table[(table["set"] == "real") & (table["question"] == "quality")]["rating"].mean() == 4
    (run,) = tracking.Store(root).runs(stage="train")
    assert run.data.metrics["study.quality.real.mos"] == 4
    assert run.data.metrics["study.quality.generated.mos"] == pytest.approx(7 / 3)
    assert run.data.metrics["study.listeners"] == 3
    found = {
        item.path for item in tracking.Store(root).client.list_artifacts(run.info.run_id, "study")
    }
    assert found == {"study/report.html", "study/answers.csv", "study/pool.csv"}
    assert "warning" not in capsys.readouterr().err
    assert "WARNING" not in [record.levelname for record in caplog.records]


def test_a_report_without_a_run_or_store_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    study = write_pool(tmp_path, 2)
    rate_all(study, {"real": 5})
    assert report.write(study).is_file()
    assert "MLflow does not have this: no run of model" in caplog.messages[-1]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    (study / report.PAGE).unlink()
    assert "one listener: no interval" in report.write(study).read_text()
    assert caplog.messages[-1].endswith("`make study-report` tries again")


def test_a_pool_for_webmushra(root: Path, of: Pool, tmp_path: Path) -> None:
    webmushra.export(root, tmp_path / "mine")
    named: list[str] = []
    for name in ("study", "mushra"):
        config = YAML(typ="safe", pure=True).load(tmp_path / f"mine/{name}.yaml")
        assert {
            "testname",
            "testId",
            "bufferSize",
            "stopOnErrors",
            "showButtonPreviousPage",
            "remoteService",
        } < set(config)
        first, *middle, last = config["pages"]
        assert (first["type"], last["type"]) == ("generic", "finish")
        pages: list[Any] = middle if name == "study" else middle[0][1:]
        assert name == "study" or middle[0][0] == "random"
        assert {page["type"] for page in pages} == {
            "likert_single_stimulus" if name == "study" else "mushra"
        }
        assert len(pages) == (2 if name == "study" else 2 * EACH)
        named += [
            path
            for page in pages
            for path in (*page["stimuli"].values(), page.get("reference"))
            if path
        ]
    assert {name.removeprefix("configs/mine/") for name in named} == {
        path.name for path in of.folder.glob("*.wav")
    }
    for name in set(named):
        copied = tmp_path / name.removeprefix("configs/")
        assert copied.read_bytes() == (of.folder / copied.name).read_bytes()
    with pytest.raises(UserError, match="exists: name a folder"):
        webmushra.export(root, tmp_path / "mine")


def test_the_console(root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(root)
    before = json.loads((root / pool.POOL / "pool.json").read_text())
    for words in (["study", "--each", str(EACH)], ["study-export", str(tmp_path / "out")]):
        monkeypatch.setattr("sys.argv", ["sonovae", *words])
        cli.main()
    assert json.loads((root / pool.POOL / "pool.json").read_text()) == before
    assert (tmp_path / "out/study.yaml").is_file()
