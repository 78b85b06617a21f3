"""Pictures keep what a clip's scale promises."""

import numpy as np
import pytest

from sonovae.codec import picture


def test_a_peak_is_raised_and_the_rest_stays(rng: np.random.Generator) -> None:
    dull = (0.9 * rng.uniform(size=(64, 32))).astype(np.float32)
    dull[3, 4] = 0.9
    raised = picture.raise_peak(dull)
    assert raised.max() == pytest.approx(1)
    assert (raised >= dull).all()
    below = dull < 0.7
    np.testing.assert_allclose(raised[below], dull[below], atol=0.002)
    assert np.unravel_index(raised.argmax(), raised.shape) == (3, 4)


def test_a_peak_that_is_there_and_a_black_picture_stay(rng: np.random.Generator) -> None:
    bright = rng.uniform(size=(8, 8)).astype(np.float32)
    bright[0, 0] = 1
    np.testing.assert_array_equal(picture.raise_peak(bright), bright)
    np.testing.assert_array_equal(picture.raise_peak(np.zeros((8, 8), np.float32)), 0)
