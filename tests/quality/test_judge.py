"""The judge names what it has learned, and nothing where there is nothing to learn."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sonovae import params
from sonovae.dataset import saved_dataset
from sonovae.dataset.saved_dataset import Dataset
from sonovae.errors import UserError
from sonovae.params.judge import Judge as Section
from sonovae.quality import judge
from tests.making.projects import HERE
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
    usual |= {"learning_rate": 1e-2, "batch_size": 16, "steps": 80}
    return params.parse(usual | changes, Section)


def saved(folder: Path, labels: np.ndarray, pictures: np.ndarray, n_train: int = 160) -> Dataset:
    """n_train clips that train, the rest for the test."""
    n = len(labels)
    folder.mkdir()
    clips = table(n).assign(label=labels, split=["train"] * n_train + ["test"] * (n - n_train))
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
    assert found.test.accuracy > 0.95
    assert found.can_judge
    embedding, probabilities = found.classify(data.pictures)
    assert embedding.shape == (300, 6)
    assert embedding.min() >= 0
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    named = np.array(found.labels)[probabilities.argmax(axis=1)]
    assert (named == data.clips["label"])[160:].mean() == pytest.approx(found.test.accuracy)


def test_labels_that_say_nothing_are_named_by_chance(
    told: tuple[np.ndarray, np.ndarray], tmp_path: Path, rng: np.random.Generator
) -> None:
    labels, pictures = told
    found = judge.fit(saved(tmp_path / "pictures", rng.permutation(labels), pictures), section())
    assert found is not None
    assert 0.15 < found.test.accuracy < 0.52  # 1/3, with 140 clips
    assert not found.can_judge
    assert judge.usable(found) is None
    assert judge.describe(found.numbers).startswith("cannot judge: it names ")


def test_round_trip_and_the_same_twice(told: tuple[np.ndarray, np.ndarray], tmp_path: Path) -> None:
    data = saved(tmp_path / "pictures", *told)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        judge.save(tmp_path / name, judge.fit(data, section(steps=10)), section(steps=10))
    for file in ("judge.json", "judge.npz"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    one, two = judge.load(tmp_path / "one"), judge.load(tmp_path / "two")
    assert one is not None
    assert two is not None
    assert one.test == two.test
    np.testing.assert_array_equal(one.classify(data.pictures)[1], two.classify(data.pictures)[1])


def lines(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and noisy pictures [n, 64, 64] of a line that rises, falls or is level."""
    which = rng.integers(3, size=n)
    pictures = rng.uniform(0, 0.3, (n, 64, 64))
    frames = np.arange(64)
    for picture, slope in zip(pictures, which - 1, strict=True):
        rows = rng.integers(24, 40) + slope * rng.uniform(0.2, 0.3) * (frames - 32)
        for width in (-1, 0, 1):
            picture[rows.astype(int) + width, frames] += rng.uniform(0.3, 0.7)
    return np.array(["fall", "level", "rise"])[which], pictures


@pytest.mark.parametrize("n", [60, 200])
def test_few_clips_are_enough_for_the_starters_judge(
    n: int, tmp_path: Path, rng: np.random.Generator
) -> None:
    data = saved(tmp_path / "pictures", *lines(rng, n + 40), n_train=n)
    found = judge.fit(data, params.load(HERE / "params.yaml").judge)
    assert found is not None
    train = data.side("train")
    _, probabilities = found.classify(train.pictures)
    named = np.array(found.labels)[probabilities.argmax(axis=1)]
    assert (named == train.clips["label"]).mean() >= 0.9
    assert found.can_judge


def test_each_clip_is_learned_once_in_an_epoch(tmp_path: Path) -> None:
    rows = judge._order(n=10, size=4, steps=5, seed=1)
    assert len(rows) == 20
    assert len(set(rows[:8])) == len(set(rows[8:16])) == 8
    assert list(rows[:8]) != list(rows[8:16])


def measured(right: list[bool], groups: list[str]) -> judge.Accuracy:
    """Accuracy where the labels are a and b by turns."""
    labels = np.array(["a", "b"] * len(right))[: len(right)]
    wrong = np.where(labels == "a", "b", "a")
    clips = pd.DataFrame({"label": labels, "group": groups})
    return judge.measure(np.where(right, labels, wrong), clips, seed=1)


def test_the_interval_is_the_exact_one_and_not_narrower_than_by_groups() -> None:
    """Groups of which one is named better than the other make it wider."""
    few = measured([True] * 8 + [False] * 2, ["g"] * 10)
    assert (few.accuracy, few.chance, few.test_clips) == (0.8, 0.5, 10)
    assert few.accuracy_low == pytest.approx(0.4439, abs=1e-4)  # Clopper and Pearson's tables
    assert few.accuracy_high == pytest.approx(0.9748, abs=1e-4)
    right = [True] * 60 + [True, True, False, False] * 10
    alike = measured(right, ["one"] * 60 + ["other"] * 40)
    mixed = measured(right, ["one", "other"] * 50)
    assert alike.accuracy_low < mixed.accuracy_low
    assert alike.accuracy_high > mixed.accuracy_high


def test_always_the_most_frequent_label_is_no_judge() -> None:
    labels = ["a"] * 90 + ["b"] * 10
    clips = pd.DataFrame({"label": labels, "group": ["g"] * 100})
    found = judge.measure(np.full(100, "a"), clips, seed=1)
    assert found.accuracy == found.chance == 0.9
    assert not judge.Judge(None, ("a", "b"), found).can_judge


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
    with pytest.raises(UserError, match="has version 0, this is for 2"):
        judge.load(tmp_path)
