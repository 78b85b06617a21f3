"""The judge names what it has learned, and nothing where there is nothing to learn."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sonovae import params
from sonovae.dataset import saved_dataset
from sonovae.dataset.saved_dataset import Dataset
from sonovae.errors import UserError
from sonovae.evaluation import judge
from sonovae.params.judge import Judge as Section
from tests.making.recordings import table


def section(**changes: Any) -> Section:
    conv = {
        "layer": "conv",
        "filters": 8,
        "kernel": 3,
        "stride": [2, 2],
        "padding": "same",
        "activation": "relu",
    }
    usual = {
        "seed": 1,
        "threads": 2,
        "network": [conv | {"batch_norm": False}],
        "embedding_size": 6,
    }
    usual |= {"learning_rate": 1e-2, "batch_size": 16, "epochs": 8}
    return params.parse(usual | changes, Section)


def saved(folder: Path, labels: np.ndarray, pictures: np.ndarray) -> Dataset:
    """160 clips that train, the rest for the test."""
    n = len(labels)
    folder.mkdir()
    clips = table(n).assign(label=labels, split=["train"] * 160 + ["test"] * (n - 160))
    saved_dataset.save(folder, pictures.astype(np.float32), clips, "float32")
    return saved_dataset.load(folder)


@pytest.fixture
def told(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and pictures that are brighter in the left, the middle or the right."""
    which = rng.integers(3, size=300)
    pictures = rng.uniform(0, 0.5, (300, 8, 12))
    for n, i in enumerate(which):
        pictures[n, :, 4 * i : 4 * i + 4] += 0.4
    return np.array(["left", "middle", "right"])[which], pictures


def test_names_clips_that_it_has_not_seen(
    told: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    data = saved(tmp_path / "pictures", *told)
    found = judge.fit(data, section())
    assert found is not None
    assert found.labels == ("left", "middle", "right")
    assert found.accuracy > 0.95
    embedding, probabilities = found.see(data.pictures)
    assert embedding.shape == (300, 6)
    assert embedding.min() >= 0
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    named = np.array(found.labels)[probabilities.argmax(axis=1)]
    assert (named == data.clips["label"])[160:].mean() == pytest.approx(found.accuracy)


def test_labels_that_say_nothing_are_named_by_chance(
    told: tuple[np.ndarray, np.ndarray], tmp_path: Path, rng: np.random.Generator
) -> None:
    labels, pictures = told
    found = judge.fit(saved(tmp_path / "pictures", rng.permutation(labels), pictures), section())
    assert found is not None
    assert 0.15 < found.accuracy < 0.52  # 1/3, with 140 clips


def test_round_trip_and_the_same_twice(told: tuple[np.ndarray, np.ndarray], tmp_path: Path) -> None:
    data = saved(tmp_path / "pictures", *told)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        judge.save(tmp_path / name, judge.fit(data, section(epochs=1)), section(epochs=1))
    for file in ("judge.json", "judge.npz"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    one, two = judge.load(tmp_path / "one"), judge.load(tmp_path / "two")
    assert one is not None
    assert two is not None
    np.testing.assert_array_equal(one.see(data.pictures)[1], two.see(data.pictures)[1])


def test_one_label_is_nothing_to_judge_by(
    told: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    data = saved(tmp_path / "pictures", np.full(300, "same"), told[1])
    assert judge.fit(data, section()) is None
    judge.save(tmp_path, None, section())
    assert judge.load(tmp_path) is None


def test_a_folder_without_a_judge_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"holds no judge: `dvc repro judge` makes one"):
        judge.load(tmp_path)
    (tmp_path / "judge.json").write_text('{"version": 0, "labels": []}')
    with pytest.raises(UserError, match="has version 0, this is for 1"):
        judge.load(tmp_path)
