"""The pipeline as DVC runs it: processes, git, experiments."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sonovae import params, tracking
from sonovae.recordings import recordings_table
from sonovae.tracking import provenance
from tests.making import odd_files
from tests.making.projects import make_project
from tests.making.recordings import write_tones
from tests.making.repositories import call, commit, make_repository, sonovae

pytestmark = pytest.mark.processes

FIRST = {"fetch": 0, "preprocess": 1, "train": 2, "judge": 2}
FIRST |= {"prior": 3, "evaluate": 4, "generate": 4}
"""Stages, and how many run before each at least."""


def runs(root: Path) -> list[str]:
    """The ids of all trainings that MLflow holds."""
    return [run.info.run_id for run in tracking.Store(root).runs(stage="train")]


def kl_weights(root: Path) -> list[str]:
    return [run.data.params["train.kl_weight"] for run in tracking.Store(root).runs(stage="train")]


def changed_stages(root: Path) -> set[str]:
    """The stages that `dvc repro` would run, and no more."""
    said = call(root, "dvc", "repro", "--dry", "--allow-missing")
    return {line.split("'")[1] for line in said.splitlines() if line.startswith("Running stage")}


def raw_of(root: Path, experiment: str) -> None:
    """Bring an experiment's data/raw into the working tree."""
    call(root, "dvc", "exp", "branch", experiment, f"branch-{experiment}")
    call(root, "git", "checkout", "-q", f"branch-{experiment}", "--", "dvc.lock")
    call(root, "dvc", "checkout", "--force", "data/raw")


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_repository(tmp_path_factory.mktemp("dvc") / "project")
    call(root, "dvc", "repro")
    commit(root)
    return root


def test_nothing_to_do_says_so(done: Path) -> None:
    began = time.monotonic()
    assert "Data and pipelines are up to date." in call(done, "dvc", "repro")
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    ("key", "stages"),
    [
        ("generate.seed=7", {"evaluate", "generate"}),  # evaluate scores what generate would make
        ("evaluate.shown.count=3", {"evaluate"}),
        ("judge.seed=7", {"judge"}),
        ("prior.seed=7", {"prior"}),
        ("train.kl_weight=1e-3", {"train"}),
        ("fetch.whistles.seed=7", {"fetch"}),
    ],
)
def test_a_parameter_runs_its_stage_and_none_above(done: Path, key: str, stages: set[str]) -> None:
    text = (done / "params.yaml").read_text()
    try:
        name, value = key.split("=")
        params.edit(done / "params.yaml", {name: float(value) if "e" in value else int(value)})
        found = changed_stages(done)
    finally:
        (done / "params.yaml").write_text(text)
    assert stages <= found
    below = {stage for stage in found if FIRST[stage] > max(FIRST[own] for own in stages)}
    assert found == stages | below


def test_hashes_are_dvcs_own(done: Path) -> None:
    locked = provenance.locked(done)
    assert set(locked) == set(FIRST)
    for stage, made in locked.items():
        assert provenance.current(done, stage) == made


def test_a_dashboard_fix_starts_no_new_run(done: Path) -> None:
    before = runs(done)
    assert call(done, "dvc", "repro").count("Running stage") == 0
    assert "MLflow has this result: run " in sonovae(done, "track")
    for path, reruns in (("src/sonovae/tracking/runs.py", 0), ("src/sonovae/pages/plots.py", 2)):
        text = (done / path).read_text()
        (done / path).write_text(text + "# another colour\n")
        assert call(done, "dvc", "repro").count("Running stage") == reruns
        (done / path).write_text(text)
    call(done, "dvc", "repro")
    assert runs(done) == before


def test_one_flipped_byte_is_found(done: Path) -> None:
    (training,) = runs(done)
    assert "hashes are those of the working tree" in sonovae(done, "verify-run", training)
    path = done / "data/pictures/clips.csv"
    path.chmod(0o644)
    text = path.read_bytes()
    path.write_bytes(text[:-2] + bytes([text[-2] ^ 1]) + text[-1:])
    said = sonovae(done, "verify-run", training, fails=True)
    path.write_bytes(text)
    assert said.startswith("error: data/pictures: ")
    assert said.count("\n") == 1


def test_from_a_sound_to_its_commit_and_from_a_commit_to_its_run(done: Path) -> None:
    (training,) = runs(done)
    head = call(done, "git", "rev-parse", "HEAD").strip()
    for what in ("data/samples/sound_001.wav", training, "HEAD"):
        said = sonovae(done, "whence", what)
        assert training in said
        assert f"commit {head[:10]} holds it: git checkout {head[:10]}; dvc checkout" in said


def test_a_changed_plot_does_not_retrain(done: Path) -> None:
    path = done / "src/sonovae/pages/plots.py"
    text = path.read_text()
    path.write_text(text + "# a comment\n")
    assert changed_stages(done) == {"evaluate", "generate"}
    path.write_text(text)


def test_dvc_shows_metrics_plots_and_params(done: Path) -> None:
    shown = call(done, "dvc", "metrics", "show")
    assert "test.mse" in shown
    assert "floors.pca" in shown
    call(done, "dvc", "plots", "show", "--out", "plots")
    page = (done / "plots/index.html").read_text()
    assert "val_loss" in page
    assert "gallery.png" in page
    assert call(done, "dvc", "params", "diff") == ""


def test_metrics_are_in_git_and_data_is_not(done: Path) -> None:
    tracked = call(done, "git", "ls-files", "data", "mlruns").split()
    assert "data/evaluation/metrics.json" in tracked
    assert not [
        path
        for path in tracked
        if path.startswith(("data/raw", "data/pictures", "data/model", "data/prior"))
        or path.startswith("mlruns/mlflow")
    ]


def test_lost_outs_come_back(done: Path) -> None:
    call(done, "rm", "-r", "data/samples", "data/model")
    call(done, "dvc", "checkout")
    assert "up to date" in call(done, "dvc", "repro")


def test_an_experiment_tries_another_weight(done: Path) -> None:
    before = (done / "params.yaml").read_text()
    call(done, "dvc", "exp", "run", "--temp", "-S", "train.kl_weight=1e-3")
    assert (done / "params.yaml").read_text() == before
    assert "0.001" in call(done, "dvc", "exp", "show", "--csv")
    assert len(runs(done)) == 2


def test_a_sweep_two_at_a_time(done: Path) -> None:
    before = kl_weights(done)
    call(done, "dvc", "exp", "run", "--queue", "-S", "train.kl_weight=2e-4,2e-2")
    call(done, "dvc", "queue", "start", "-j", "2")
    for _ in range(100):
        if (said := call(done, "dvc", "queue", "status")).count("Success") == 2:
            break
        assert "Failed" not in said, call(done, "dvc", "queue", "logs", said.split()[0])
        time.sleep(3)
    shown = call(done, "dvc", "exp", "show", "--csv")
    assert "0.0002" in shown
    assert "0.02" in shown
    assert sorted(kl_weights(done)) == sorted([*before, "0.0002", "0.02"])


def test_several_seeds_by_one_command(done: Path) -> None:
    """The first is the project's own, which DVC need not run again."""
    said = call(done, "env", "PYTHONPATH=src", "python", "-m", "sonovae", "seeds", "2")
    rows = {
        line.split()[0]: [float(value) for value in line.split()[1:]]
        for line in said.splitlines()
        if "test." in line
    }
    own, other, mean, sd = rows["test.mse"]
    assert own == pytest.approx(
        json.loads((done / "data/evaluation/metrics.json").read_text())["test"]["mse"]
    )
    assert own != other
    assert mean == pytest.approx((own + other) / 2, rel=1e-4)
    assert sd == pytest.approx(abs(own - other) / 2**0.5, rel=1e-3)
    assert said.count("Running stage 'train'") == 1


def test_the_same_twice_in_two_places(done: Path, tmp_path: Path) -> None:
    other = make_repository(tmp_path / "elsewhere")
    call(other, "dvc", "repro", "-f")
    assert (other / "dvc.lock").read_bytes() == (done / "dvc.lock").read_bytes()
    for path in sorted((done / "data/samples").glob("*.wav")):
        assert (other / "data/samples" / path.name).read_bytes() == path.read_bytes()


def test_a_queued_experiment_runs_the_code_that_was_queued(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "project")
    path = root / "stages/fetch.py"
    text = path.read_text()
    path.write_text(
        text.replace(
            'print(f"fetch: ', '(out.parent / "raw" / "who").write_text("queued"); print(f"fetch: '
        )
    )
    call(root, "dvc", "exp", "run", "--queue", "--name", "queued", "fetch")
    path.write_text(
        text.replace(
            'print(f"fetch: ', '(out.parent / "raw" / "who").write_text("edited"); print(f"fetch: '
        )
    )
    room = root / "src/sonovae/recordings/whistles.py"
    room.write_text("raise RuntimeError('edited after it was queued')\n")
    call(root, "dvc", "queue", "start")
    deadline = time.monotonic() + 120
    while "Success" not in (said := call(root, "dvc", "queue", "status")):
        assert "Failed" not in said, call(root, "dvc", "queue", "logs", "queued")
        assert time.monotonic() < deadline, said
        time.sleep(1)
    raw_of(root, "queued")
    assert (root / "data/raw/who").read_text() == "queued"


def test_a_folder_of_ones_own_is_watched_file_by_file(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "project")
    write_tones(tmp_path / "my sounds", 5)
    said = call(
        root,
        "env",
        "PYTHONPATH=src",
        "python",
        "-m",
        "sonovae",
        "folder",
        str(tmp_path / "my sounds"),
    )
    assert "data/own is a copy of" in said
    again = call(
        root,
        "env",
        "PYTHONPATH=src",
        "python",
        "-m",
        "sonovae",
        "folder",
        str(tmp_path / "my sounds"),
        fails=True,
    )
    assert again.startswith(
        "error: data/own is there already: change its files, or `dvc remove data/own.dvc`"
    )
    call(root, "dvc", "repro", "fetch")
    commit(root)
    table = (root / "data/raw/recordings.csv").read_text()
    assert all(f'"tone{i}.wav"' in table for i in range(5))
    own = root / "data/own"
    for change in (
        lambda: (own / "new.wav").write_bytes((own / "tone1.wav").read_bytes()[:-2] + b"ab"),
        lambda: (own / "tone2.wav").write_bytes((own / "tone2.wav").read_bytes()[:-2] + b"ab"),
        lambda: (own / "tone3.wav").unlink(),
    ):
        assert "data/own" not in call(root, "dvc", "status", "fetch")
        change()
        assert "data/own" in call(root, "dvc", "status", "fetch")
        call(root, "dvc", "repro", "fetch")
    commit(root)
    (own / "tone4.wav").unlink()
    call(root, "dvc", "exp", "run", "--temp", "--name", "less", "fetch")
    raw_of(root, "less")
    assert "tone4.wav" not in (root / "data/raw/recordings.csv").read_text()


def test_odd_files_go_through_dvc(tmp_path: Path) -> None:
    """All that DVC can hash; `make repro` says the others first."""
    some = {"fetch__min_recordings": 1, "fetch__max_skip_fraction": 1.0}
    root = make_repository(tmp_path / "project", **some)
    hashable = {name: odd for name, odd in odd_files.FILES.items() if odd.hashable}
    odd_files.make(tmp_path / "own", hashable)
    call(root, "env", "PYTHONPATH=src", "python", "-m", "sonovae", "folder", str(tmp_path / "own"))
    call(root, "env", "PYTHONPATH=src", "python", "-m", "sonovae", "check")
    call(root, "dvc", "repro", "fetch")
    table = recordings_table.read(root / "data/raw/recordings.csv").set_index("name")
    found = table["status"].to_dict()
    assert {name: odd.status for name, odd in hashable.items()} == {
        name: found.get(name) for name in hashable
    }
    commit(root)
    recording = root / "data/own/good 8 bits.wav"
    recording.write_bytes(recording.read_bytes()[:-1] + b"a")
    assert "data/own" in call(root, "dvc", "status", "fetch")
    before = (root / "data/raw/SHA256SUMS").read_text().splitlines()
    call(root, "dvc", "repro", "fetch")
    changed = set(before) ^ set((root / "data/raw/SHA256SUMS").read_text().splitlines())
    assert len(changed) == 4  # one recording and the table, before and after


def test_a_damaged_cache_is_found_and_mended_as_the_message_says(tmp_path: Path) -> None:
    """A cache object that changed under DVC, which it checks out without a word."""
    root = make_repository(tmp_path / "project")
    call(root, "dvc", "repro", "preprocess")
    recording = next(iter(sorted((root / "data/raw/files").iterdir())))
    data = recording.read_bytes()
    cached = [path for path in (root / ".dvc/cache/files/md5").rglob("*") if path.is_file()]
    twin = next(path for path in cached if path.read_bytes() == data)
    twin.chmod(0o644)
    twin.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    twin.chmod(0o444)
    call(root, "rm", "-r", "data/raw", "data/pictures")
    call(root, "dvc", "checkout", "data/raw")
    said = call(root, "dvc", "repro", "-f", "-s", "preprocess", fails=True)
    assert f"{recording.name} has changed since fetch wrote it, which DVC does not notice" in said
    call(root, "mv", ".dvc/cache", ".dvc/damaged")
    call(root, "dvc", "repro", "-f", "fetch")
    call(root, "dvc", "repro", "preprocess")
    assert recording.read_bytes() == data


def test_a_fifo_is_named_before_dvc_hangs_on_it(tmp_path: Path) -> None:
    root = make_project(tmp_path / "project", fetch__source="folder", fetch__folder="data/own")
    write_tones(root / "data/own", 5)
    os.mkfifo(root / "data/own/pipe")
    said = call(root, "env", "PYTHONPATH=src", "python", "-m", "sonovae", "check", fails=True)
    assert (
        said
        == f"error: {root}/data/own: 'pipe' is not a file but a FIFO, socket or device: delete it\n"
    )


def test_a_failed_stage_says_the_way_back(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "project")
    call(root, "dvc", "repro", "fetch")
    commit(root)
    raw = (root / "data/raw/recordings.csv").read_bytes()
    params.edit(root / "params.yaml", {"fetch.min_recordings": 1000})
    said = call(root, "dvc", "repro", "fetch", fails=True)
    assert "24 usable recordings, fewer than fetch.min_recordings = 1000" in said
    assert (
        "nothing was written to data/raw; to restore the last version: `dvc checkout data/raw`"
        in said
    )
    assert "Traceback" not in said
    call(root, "dvc", "checkout", "data/raw")
    assert (root / "data/raw/recordings.csv").read_bytes() == raw


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells a process that its parent died"
)
@pytest.mark.parametrize("shell", ["/bin/sh", "/bin/bash"])
def test_a_stage_whose_dvc_was_killed_stops(tmp_path: Path, shell: str) -> None:
    root = make_repository(
        tmp_path / "project", fetch__whistles__seconds=600.0, fetch__whistles__whistlers=60
    )
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "SHELL": shell,
    }
    parent = subprocess.Popen(["dvc", "repro", "fetch"], cwd=root, env=environment,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    lock = root / ".sonovae/stage.lock"
    deadline = time.monotonic() + 60
    while not (lock.exists() and lock.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    stage = int(lock.read_text().split()[-1])
    parent.kill()
    parent.wait()
    while (
        Path(f"/proc/{stage}/stat").exists()
        and ") Z " not in Path(f"/proc/{stage}/stat").read_text()
    ):
        assert time.monotonic() < deadline + 10
        time.sleep(0.1)
    assert not (root / "data/raw").exists()
