"""Batches: each clip once, from any batch on, shared between workers, and stretched as seed and epoch decide."""

from pathlib import Path

import numpy as np
import pytest

from sonovae.batches import Batches, Stretch, stretched
from sonovae.dataset import Pictures

ORDER = np.random.default_rng(1).permutation(22)
STRETCH = Stretch(0.4, (1, 3))


@pytest.fixture
def pictures(tmp_path: Path) -> Pictures:
    np.save(tmp_path / "pictures.npy", np.random.default_rng(2).random((22, 3, 8), np.float32))
    return Pictures(tmp_path / "pictures.npy")


def all_of(batches: Batches) -> list[np.ndarray]:
    return [batches[i][0] for i in range(len(batches))]


def test_each_clip_comes_once(pictures: Pictures) -> None:
    batches = Batches(pictures, ORDER, 8)
    assert [len(each) for each in all_of(batches)] == [8, 8, 6]
    assert sorted(np.concatenate([batches.rows(i) for i in range(3)])) == list(range(22))
    np.testing.assert_array_equal(batches[1][0], pictures[batches.rows(1)])


@pytest.mark.parametrize("stretch", [None, STRETCH])
def test_from_a_later_batch_on_they_are_the_same(pictures: Pictures, stretch: Stretch | None) -> None:
    whole, rest = Batches(pictures, ORDER, 8, stretch=stretch), Batches(pictures, ORDER, 8, first=1, stretch=stretch)
    for one, other in zip(all_of(whole)[1:], all_of(rest), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("stretch", [None, STRETCH])
def test_workers_share_a_batch(pictures: Pictures, stretch: Stretch | None, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Batches(pictures, ORDER, 8, stretch=stretch)[0][0]
    monkeypatch.setenv("KERAS_DISTRIBUTION_NUM_PROCESSES", "2")
    halves = []
    for worker in ("0", "1"):
        monkeypatch.setenv("KERAS_DISTRIBUTION_PROCESS_ID", worker)
        halves.append(Batches(pictures, ORDER, 8, stretch=stretch)[0][0])
    np.testing.assert_array_equal(np.concatenate(halves), whole)


def test_clips_are_read_at_their_rates(pictures: Pictures) -> None:
    rates, plain = STRETCH.rates(0, 22), Batches(pictures, ORDER, 22)[0][0]
    found = Batches(pictures, ORDER, 22, stretch=STRETCH)[0][0]
    assert 0.6 <= rates.min() < 0.8
    assert 1.2 < rates.max() <= 1.4
    for clip, whole, rate in zip(found, plain, rates, strict=True):
        np.testing.assert_array_equal(clip, whole[:, [min(round(frame * rate), 7) for frame in range(8)]])
    assert not np.array_equal(found, plain)


def test_a_stretched_sound_ends_earlier_or_later() -> None:
    """Its beginning stays, and what lasts to the end lasts to the end."""
    ends, lasts, rates = np.zeros((2, 4, 64), np.float32), np.ones((2, 4, 64), np.float32), np.array([0.8, 1.25])
    ends[:, :, :32] = 1
    np.testing.assert_allclose(stretched(ends, rates).sum(axis=2), np.outer(32 / rates, np.ones(4)), atol=1)
    np.testing.assert_array_equal(stretched(lasts, rates), lasts)


def test_another_epoch_or_batch_has_other_rates() -> None:
    one = STRETCH.rates(0, 8)
    np.testing.assert_array_equal(one, Stretch(0.4, (1, 3)).rates(0, 8))
    others = STRETCH.rates(1, 8), Stretch(0.4, (1, 4)).rates(0, 8), Stretch(0.4, (2, 3)).rates(0, 8)
    assert not any(np.array_equal(one, other) for other in others)
