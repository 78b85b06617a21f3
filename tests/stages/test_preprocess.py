"""The preprocess stage compared with plain code; its workers, its cache, and its memory."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from benchmarks import plain_pictures, preprocessing
from sonovae import params
from sonovae.codec import saved_codec
from sonovae.dataset import analysis, preparation
from sonovae.errors import UserError
from sonovae.project import Project
from sonovae.runtime import workers
from stages import fetch, preprocess
from tests.making.preprocessed import add, same
from tests.making.projects import make_project
from tests.making.recordings import tone


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose recordings are there, and no pictures."""
    root = make_project(
        tmp_path_factory.mktemp("fetched"), preprocess__waveform__silence__min_seconds=0.1
    )
    fetch.main(root)
    return root


@pytest.fixture
def root(fetched: Path, tmp_path: Path) -> Path:
    return shutil.copytree(fetched, tmp_path / "project")


def pictures(root: Path) -> np.ndarray:
    return np.load(root / "data/pictures/pictures.npy")


@pytest.mark.parametrize("scale", ["db", "magnitude", "power"])
def test_pictures_are_those_of_the_plain_way(root: Path, scale: str) -> None:
    spectrum = {
        "scale": scale,
        "power": 0.3 if scale == "power" else None,
        "dynamic_range_db": 60.0 if scale == "db" else None,
    }
    params.edit(
        root / "params.yaml",
        {f"preprocess.spectrogram.{name}": value for name, value in spectrum.items()},
    )
    preprocess.main(root)
    p, clips = (
        params.load(root / "params.yaml").preprocess,
        pd.read_csv(root / "data/pictures/clips.csv"),
    )
    table = pd.read_csv(root / "data/raw/recordings.csv")
    ranges = plain_pictures.pictures(
        [root / "data/raw" / path for path in table["path"]], p, root / "plain.npy"
    )
    begins = [a for kept in ranges for a, _ in kept[:1]]
    rate = params.load(root / "params.yaml").preprocess.waveform.sample_rate
    assert clips[clips["start"] == 0]["source_start"].tolist() == [begin / rate for begin in begins]
    low, high = (
        getattr(saved_codec.load(root / "data/pictures").typical, name) for name in ("low", "high")
    )
    plain = np.clip((np.load(root / "plain.npy") - low) / (high - low), 0, 1)
    np.testing.assert_allclose(pictures(root), plain, atol=1e-5)


def test_many_workers_make_the_same_bytes(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = shutil.copytree(root, tmp_path / "other")
    preprocess.main(root)
    monkeypatch.setattr(workers, "BATCH", 7)
    monkeypatch.setenv("SONOVAE_WORKERS", "2")
    preprocess.main(other)
    assert same(root, other)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many recordings each call analyses; all go into one batch."""
    monkeypatch.setattr(workers, "BATCH", 10**9)
    found, analyse = list[int](), analysis.analyse

    def counting(some: list[analysis.Task], **rest: object) -> object:
        found.append(len(some))
        return analyse(some, **rest)

    monkeypatch.setattr(analysis, "analyse", counting)
    return found


def scale_otherwise(root: Path) -> None:
    params.edit(
        root / "params.yaml", {"preprocess.picture.scaling": "pixel", "preprocess.split.seed": 2}
    )


def another_hop(root: Path) -> None:
    params.edit(root / "params.yaml", {"preprocess.spectrogram.hop_length": 130})


def cache(root: Path) -> Path:
    return Project(root).private / preparation.CACHE


def delete(root: Path) -> None:
    shutil.rmtree(cache(root))


def damage(root: Path) -> None:
    (pack,) = (cache(root)).iterdir()
    data = bytearray(pack.read_bytes())
    data[1000] ^= 1
    pack.write_bytes(data)


@pytest.mark.parametrize(
    ("change", "analysed"),
    [
        (lambda _: None, []),
        (add, [4]),
        (scale_otherwise, []),
        (another_hop, [24]),
        (delete, [24]),
        (damage, [24]),
    ],
)
def test_only_what_is_new_is_analysed(
    root: Path,
    tmp_path: Path,
    counted: list[int],
    change: Callable[[Path], None],
    analysed: list[int],
) -> None:
    """And the pictures are those of a run that found nothing."""
    preprocess.main(root)
    change(root)
    counted.clear()
    preprocess.main(root)
    assert counted == analysed
    fresh = shutil.copytree(root, tmp_path / "fresh", ignore=shutil.ignore_patterns(".sonovae"))
    preprocess.main(fresh)
    assert same(root, fresh)


def test_a_cache_that_is_deleted_on_the_way_costs_time_alone(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = shutil.copytree(root, tmp_path / "other")
    preprocess.main(root)
    fit = saved_codec.fit
    monkeypatch.setattr(saved_codec, "fit", lambda *values: (delete(other), fit(*values))[1])
    preprocess.main(other)
    assert same(root, other)


def test_half_precision(root: Path) -> None:
    preprocess.main(root)
    whole = pictures(root)
    params.edit(root / "params.yaml", {"preprocess.dtype": "float16"})
    preprocess.main(root)
    assert pictures(root).dtype == np.float16
    np.testing.assert_allclose(pictures(root), whole, atol=2**-12)


def test_a_number_of_workers_that_is_none(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONOVAE_WORKERS", "two")
    with pytest.raises(
        UserError, match="SONOVAE_WORKERS = 'two' must be a whole number, 1 at least"
    ):
        preprocess.main(root)


def test_a_worker_with_other_code_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = analysis.tasks
    monkeypatch.setattr(
        analysis, "tasks", lambda *some: [replace(task, code="older") for task in tasks(*some)]
    )
    with pytest.raises(
        UserError, match="runs another sonovae, or other libraries, than this project: install"
    ):
        preprocess.main(root)


def long(root: Path, minutes: int, count: int) -> None:
    """Recordings of so many minutes each, of which others are drawn by each minute."""
    changes = {"fetch.source": "folder", "fetch.folder": "data/own", "fetch.pattern": None}
    changes |= {"fetch.min_recordings": 1, "preprocess.split.block_seconds": 5.0}
    params.edit(root / "params.yaml", changes)
    shutil.rmtree(root / "data/own", ignore_errors=True)
    (root / "data/own").mkdir()
    for n in range(count):
        with soundfile.SoundFile(root / f"data/own/{n}.wav", "w", 16000, 1) as file:
            for _ in range(minutes):
                file.write(tone(60, 400 + n, 16000))
    fetch.main(root)


def test_neither_length_nor_number_costs_memory(root: Path) -> None:
    long(root, minutes=1, count=4)
    few = preprocessing.apart("peak", root, 1)
    long(root, minutes=1, count=40)
    assert preprocessing.apart("peak", root, 1) < 1.1 * few
    long(root, minutes=40, count=1)
    assert preprocessing.apart("peak", root, 1) < 1.1 * few + 64  # a tape is a file beyond that


@pytest.mark.processes
def test_a_cluster_whose_worker_is_killed_makes_the_same_bytes(
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cluster: tuple[str, list[subprocess.Popen[bytes]]],
) -> None:
    address, processes = cluster
    other = shutil.copytree(root, tmp_path / "other")
    preprocess.main(root)
    monkeypatch.setattr(workers, "BATCH", 4)
    monkeypatch.setenv("SONOVAE_SCHEDULER", address)
    killed, spread = list[int](), workers.spread

    def killing(*work: object) -> Iterator[object]:
        for n, done in enumerate(spread(*work)):
            if n == 3:
                processes[1].kill()
                killed.append(processes[1].wait())
            yield done

    monkeypatch.setattr(workers, "spread", killing)
    preprocess.main(other)
    assert killed == [-9]
    assert same(root, other)


def test_a_scheduler_that_is_not_there_is_named(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(workers, "PATIENCE", 1)
    monkeypatch.setenv("SONOVAE_SCHEDULER", "tcp://127.0.0.1:1")
    with pytest.raises(UserError, match="SONOVAE_SCHEDULER = tcp://127.0.0.1:1 does not answer"):
        preprocess.main(root)
