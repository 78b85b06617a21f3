from pathlib import Path

import numpy as np
import pytest

from sonovae.dataset import saved_dataset
from tests.making.recordings import table


def test_save_and_load(tmp_path: Path, rng: np.random.Generator) -> None:
    pictures = rng.uniform(size=(3, 4, 5)).astype(np.float32)
    saved_dataset.save(tmp_path, pictures, table(3), "float32")
    back = saved_dataset.load(tmp_path)
    np.testing.assert_array_equal(back.side("train").pictures[:], pictures)
    np.testing.assert_array_equal(back.side("train").pictures[np.array([2, 0])], pictures[[2, 0]])
    assert back.clips["label"].tolist() == ["NA"] * 3
    assert len(back.side("test").clips) == 0


def test_pieces_are_all_of_it_in_order(
    tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved_dataset, "PIECE", 3)
    pictures = rng.uniform(size=(7, 4, 5)).astype(np.float32)
    saved_dataset.save(tmp_path, pictures, table(7), "float32")
    pieces = saved_dataset.load(tmp_path).pieces()
    assert [piece.clips["item"].tolist() for piece in pieces] == [[0, 1, 2], [3, 4, 5], [6]]
    np.testing.assert_array_equal(np.concatenate([piece.pictures[:] for piece in pieces]), pictures)


@pytest.mark.parametrize("bad", [np.nan, -0.1, 1.1])
def test_pictures_outside_0_to_1_are_not_written(tmp_path: Path, bad: float) -> None:
    with pytest.raises(ValueError, match="finite and lie in"):
        saved_dataset.save(tmp_path, np.full((1, 2, 2), bad, np.float32), table(1), "float32")
    assert list(tmp_path.iterdir()) == []


def test_half_precision_is_read_as_single(tmp_path: Path, rng: np.random.Generator) -> None:
    """By what trains and scores; the file has half of the bytes."""
    pictures = rng.random((3, 4, 5), np.float32)
    saved_dataset.save(tmp_path, pictures, table(3), "float16")
    assert np.load(tmp_path / "pictures.npy").dtype == np.float16
    found = saved_dataset.load(tmp_path).pictures[1:]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, pictures[1:].astype(np.float16))
