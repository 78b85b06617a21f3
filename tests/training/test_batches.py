"""Batches: each clip once, from any batch on, shared by workers, warped by seed and epoch."""

from pathlib import Path

import numpy as np
import pytest

from sonovae.dataset.saved_dataset import Pictures
from sonovae.training.batches import Batches, PictureBatches, Warp, feed

ORDER = np.random.default_rng(1).permutation(22)
WARP = Warp(0.2, (1, 3))


@pytest.fixture
def pictures(tmp_path: Path) -> Pictures:
    np.save(tmp_path / "pictures.npy", np.random.default_rng(2).random((22, 3, 8), np.float32))
    return Pictures(tmp_path / "pictures.npy")


def all_of(batches: Batches) -> list[np.ndarray]:
    return [batches[i][0] for i in range(len(batches))]


def test_each_clip_comes_once(pictures: Pictures) -> None:
    batches = PictureBatches(pictures, ORDER, 8)
    assert [len(each) for each in all_of(batches)] == [8, 8, 6]
    assert sorted(np.concatenate([batches.rows(i) for i in range(3)])) == list(range(22))
    np.testing.assert_array_equal(batches[1][0], pictures[batches.rows(1)])


@pytest.mark.parametrize("warp", [None, WARP])
def test_from_a_later_batch_on_they_are_the_same(pictures: Pictures, warp: Warp | None) -> None:
    whole, rest = (
        PictureBatches(pictures, ORDER, 8, views=[warp] if warp else []),
        PictureBatches(pictures, ORDER, 8, first=1, views=[warp] if warp else []),
    )
    for one, other in zip(all_of(whole)[1:], all_of(rest), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("warp", [None, WARP])
def test_workers_share_a_batch(
    pictures: Pictures, warp: Warp | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = PictureBatches(pictures, ORDER, 8, views=[warp] if warp else [])[0][0]
    monkeypatch.setenv("KERAS_DISTRIBUTION_NUM_PROCESSES", "2")
    halves = []
    for worker in ("0", "1"):
        monkeypatch.setenv("KERAS_DISTRIBUTION_PROCESS_ID", worker)
        halves.append(PictureBatches(pictures, ORDER, 8, views=[warp] if warp else [])[0][0])
    np.testing.assert_array_equal(np.concatenate(halves), whole)


def test_warped_clips_are_read_frame_by_frame(pictures: Pictures) -> None:
    plain, frames = PictureBatches(pictures, ORDER, 22)[0][0], WARP.frames(0, 22, 8)
    found = PictureBatches(pictures, ORDER, 22, views=[WARP])[0][0]
    for clip, whole, read in zip(found, plain, frames, strict=True):
        np.testing.assert_array_equal(clip, whole[:, read])
    assert not np.array_equal(found, plain)


def test_a_warp_moves_the_middle_and_keeps_the_ends() -> None:
    frames = WARP.frames(0, 500, 101)
    assert (frames[:, 0] == 0).all()
    assert (frames[:, -1] == 100).all()
    assert (np.diff(frames) >= 0).all()
    moved = (frames - np.arange(101)) / 100
    assert 0.18 < moved.max() <= 0.205
    assert -0.205 <= moved.min() < -0.18
    assert abs(moved.mean()) < 0.01  # as often to the left as to the right
    most = np.abs(moved).argmax(axis=1)[np.abs(moved).max(axis=1) > 0.05]
    assert most.min() > 20
    assert most.max() < 80


def test_another_epoch_or_batch_warps_otherwise() -> None:
    one = WARP.frames(0, 8, 50)
    np.testing.assert_array_equal(one, Warp(0.2, (1, 3)).frames(0, 8, 50))
    for other in (
        WARP.frames(1, 8, 50),
        Warp(0.2, (1, 4)).frames(0, 8, 50),
        Warp(0.2, (2, 3)).frames(0, 8, 50),
    ):
        assert not np.array_equal(one, other)


def test_what_fit_reads_is_the_same_and_does_not_tune_itself(pictures: Pictures) -> None:
    """In order, in each epoch; a dataset that tunes itself keeps an epoch's end waiting."""
    batches = PictureBatches(pictures, ORDER, 8, views=[WARP])
    fed = feed(batches)
    assert len(fed) == 3
    assert fed.options().autotune.enabled is False
    for _ in range(2):
        for one, (other,) in zip(all_of(batches), fed, strict=True):
            np.testing.assert_array_equal(one, other)
