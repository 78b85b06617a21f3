"""Figures show what is there."""

import io

import matplotlib as mpl
import numpy as np
import pytest

from sonovae.pages import plots
from tests.making.recordings import tone


@pytest.mark.parametrize(
    ("peak", "limit"), [(1.0, 1.0), (0.25, 10**-0.5), (0.09, 0.1), (0.02, 10**-1.5), (0.0, 1e-4)]
)
def test_the_axis_of_a_waveform_is_as_quiet_as_the_sound(peak: float, limit: float) -> None:
    figure = plots.panel(np.float32(peak) * np.sign(tone()), 8000, np.zeros((129, 10), np.float32))
    np.testing.assert_allclose(figure.axes[0].get_ylim(), (-limit, limit))


def test_a_users_style_changes_no_figure_and_stays() -> None:
    plain = png()
    with mpl.rc_context({"font.size": 20, "axes.grid": True, "image.origin": "lower"}):
        assert png() == plain
        assert mpl.rcParams["font.size"] == 20


def png() -> bytes:
    """A figure and an image, drawn in the style at hand."""
    file = io.BytesIO()
    plots.save(plots.panel(tone(), 8000, np.zeros((129, 10), np.float32)), file)
    return file.getvalue() + plots.coloured(np.eye(4, dtype=np.float32), 0, 1)
