"""Levels of new sounds: gains of training clips of their label."""

from pathlib import Path

import numpy as np
import pytest

from sonovae.distributions import levels as saved_levels
from tests.making.densities import levels


def test_gains_are_those_of_clips_with_the_label(rng: np.random.Generator) -> None:
    assert set(levels().draw("loud", 40, rng)) == {1, 1.25}
    assert set(levels().draw("quiet", 40, rng)) == {8, 10}
    assert set(levels().draw(None, 200, rng)) == {1, 1.25, 8, 10}


def test_the_first_gains_are_the_same_however_many() -> None:
    few = levels().draw(None, 3, np.random.default_rng(1))
    many = levels().draw(None, 50, np.random.default_rng(1))
    np.testing.assert_array_equal(few, many[:3])


def test_a_label_without_clips_is_refused(rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match="no training clip has the label 'faint'"):
        levels().draw("faint", 1, rng)


def test_they_are_read_as_they_were_saved(tmp_path: Path) -> None:
    levels().save(tmp_path / "levels.npz")
    again = saved_levels.load(tmp_path / "levels.npz")
    for name, values in vars(levels()).items():
        np.testing.assert_array_equal(getattr(again, name), values)


def test_gains_are_of_a_group_where_the_label_has_it(rng: np.random.Generator) -> None:
    assert set(levels().draw("loud", 40, rng, "a")) == {1}
    assert set(levels().draw(None, 40, rng, "b")) == {1.25, 10}
    assert set(levels().draw("quiet", 40, rng, "c")) == {8, 10}
