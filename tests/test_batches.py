"""Batches: each clip once, from any batch on, shared between workers, and mixed as seed and epoch decide."""

from pathlib import Path

import numpy as np
import pytest

from sonovae.batches import Batches, Mixup
from sonovae.dataset import Pictures

ORDER = np.random.default_rng(1).permutation(22)


@pytest.fixture
def pictures(tmp_path: Path) -> Pictures:
    np.save(tmp_path / "pictures.npy", np.random.default_rng(2).random((22, 3, 2), np.float32))
    return Pictures(tmp_path / "pictures.npy")


def all_of(batches: Batches) -> list[np.ndarray]:
    return [batches[i][0] for i in range(len(batches))]


def test_each_clip_comes_once(pictures: Pictures) -> None:
    batches = Batches(pictures, ORDER, 8)
    assert [len(each) for each in all_of(batches)] == [8, 8, 6]
    assert sorted(np.concatenate([batches.rows(i) for i in range(3)])) == list(range(22))
    np.testing.assert_array_equal(batches[1][0], pictures[batches.rows(1)])


@pytest.mark.parametrize("mixup", [None, Mixup(0.5, (1, 3))])
def test_from_a_later_batch_on_they_are_the_same(pictures: Pictures, mixup: Mixup | None) -> None:
    whole, rest = Batches(pictures, ORDER, 8, mixup=mixup), Batches(pictures, ORDER, 8, first=1, mixup=mixup)
    for one, other in zip(all_of(whole)[1:], all_of(rest), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("mixup", [None, Mixup(0.5, (1, 3))])
def test_workers_share_a_batch(pictures: Pictures, mixup: Mixup | None, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Batches(pictures, ORDER, 8, mixup=mixup)[0][0]
    monkeypatch.setenv("KERAS_DISTRIBUTION_NUM_PROCESSES", "2")
    halves = []
    for worker in ("0", "1"):
        monkeypatch.setenv("KERAS_DISTRIBUTION_PROCESS_ID", worker)
        halves.append(Batches(pictures, ORDER, 8, mixup=mixup)[0][0])
    np.testing.assert_array_equal(np.concatenate(halves), whole)


def test_mixed_clips_lie_between_two(pictures: Pictures) -> None:
    mixup = Mixup(0.5, (1, 3))
    batches, plain = Batches(pictures, ORDER, 22, mixup=mixup), Batches(pictures, ORDER, 22)[0][0]
    weight, other = mixup.draw(0, 22)
    stays = weight == 1
    assert 5 < stays.sum() < 17
    np.testing.assert_array_equal(batches[0][0][stays], plain[stays])
    between = weight[:, None, None] * plain + (1 - weight)[:, None, None] * plain[other]
    np.testing.assert_allclose(batches[0][0], between, atol=1e-6)
    assert not np.allclose(batches[0][0][~stays], plain[~stays])


def test_another_epoch_or_batch_mixes_otherwise() -> None:
    one = Mixup(0.5, (1, 3))
    assert all(np.array_equal(a, b) for a, b in zip(one.draw(0, 8), Mixup(0.5, (1, 3)).draw(0, 8), strict=True))
    for weight, _ in (one.draw(1, 8), Mixup(0.5, (1, 4)).draw(0, 8), Mixup(0.5, (2, 3)).draw(0, 8)):
        assert not np.array_equal(weight, one.draw(0, 8)[0])
