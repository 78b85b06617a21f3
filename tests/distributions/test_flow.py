"""Flows: windows, known frames, conditions, and draws that do not depend on their number."""

from typing import Any

import keras
import numpy as np
import pytest

from sonovae.distributions import flow, flow_path
from sonovae.distributions.flow import Flow, Request, Scaling
from sonovae.errors import UserError
from tests.making.sequence_models import FLOW as SETTINGS

SCALING = Scaling(np.array([1.0, -2.0], np.float32), np.array([2.0, 0.5], np.float32))


@pytest.fixture(scope="module")
def small() -> Flow:
    keras.utils.set_random_seed(1)
    network = flow.build(2, 2, 1, SETTINGS)
    rng = np.random.default_rng(1)
    # Layers that begin with zeros would make every velocity 0.
    network.set_weights([rng.normal(0, 0.3, w.shape) for w in network.get_weights()])
    return Flow(network, SCALING, ("hi", "lo"), (0.25, 0.75), ("ann",), 6, SETTINGS)


class Towards:
    """Network whose velocity is that of the straight way to one point."""

    def __init__(self, point: float) -> None:
        self.point = point

    def predict_on_batch(self, inputs: list[Any]) -> Any:
        z, time, _, _ = inputs
        return (self.point - z) / (1 - time.reshape(-1, 1, 1))


def draw(of: Flow, n: int, seed: int = 1, **options: Any) -> Any:
    request = Request(
        steps=3, guidance=options.pop("guidance", 1.0), label=options.pop("label", None)
    )
    return of.draw(n, request, np.random.default_rng(seed), **options)


def test_straight_way_ends_at_its_point() -> None:
    straight = Flow(Towards(3.0), SCALING, (), (), (), 6, SETTINGS)
    z = draw(straight, 2).reshape(2, 6, 2)
    np.testing.assert_allclose(z[..., 0], 1 + 2 * 3.0, atol=1e-4)
    np.testing.assert_allclose(z[..., 1], -2 + 0.5 * 3.0, atol=1e-4)


@pytest.mark.parametrize("frames", [4, 6, 17, 30])
def test_any_number_of_frames(small: Flow, frames: int) -> None:
    assert draw(small, 2, frames=frames).shape == (2, frames * 2)


@pytest.mark.parametrize(
    ("frames", "starts"), [(4, [0]), (6, [0]), (7, [0, 1]), (13, [0, 3, 6, 7])]
)
def test_windows_cover_all_frames(frames: int, starts: list[int]) -> None:
    assert flow_path.windows(frames, 6) == starts


def test_first_sounds_are_the_same_whatever_their_number(small: Flow) -> None:
    np.testing.assert_array_equal(draw(small, 2), draw(small, 20)[:2])
    assert not np.array_equal(draw(small, 2), draw(small, 2, seed=2))


def test_known_frames_are_kept_and_others_are_not(small: Flow) -> None:
    kept = np.arange(24, dtype=np.float32).reshape(12, 2)
    mask = np.arange(12) < 5
    z = draw(small, 3, frames=12, known=(kept, mask)).reshape(3, 12, 2)
    np.testing.assert_allclose(z[:, :5], np.tile(kept[:5], (3, 1, 1)), atol=1e-4)
    assert not np.allclose(z[:, 5:], kept[5:], atol=0.5)


def test_label_and_guidance_change_what_is_drawn(small: Flow) -> None:
    plain = draw(small, 2)
    assert not np.allclose(plain, draw(small, 2, label="hi"))
    assert not np.allclose(draw(small, 2, label="hi"), draw(small, 2, label="hi", guidance=2.0))
    np.testing.assert_array_equal(plain, draw(small, 2, guidance=2.0))


@pytest.mark.parametrize("kind", ["label", "group"])
def test_unknown_name_is_refused(small: Flow, kind: str) -> None:
    request = Request(**{kind: "other"})
    with pytest.raises(UserError, match=f"generate.{kind} = 'other': the prior knows"):
        small.draw(1, request, np.random.default_rng(1))


def test_scaling_brings_posteriors_to_mean_0_and_deviation_1() -> None:
    rng = np.random.default_rng(1)
    mean = rng.normal([1.0, -2.0], [2.0, 0.5], (500, 3, 2)).reshape(500, 6)
    log_var = np.full((500, 6), np.log(0.25), np.float32)
    found = flow.scaling(mean.astype(np.float32), log_var, 2)
    np.testing.assert_allclose(found.mean, [1, -2], atol=0.1)
    np.testing.assert_allclose(found.deviation, [np.sqrt(4.25), np.sqrt(0.5)], rtol=0.05)
    z = rng.normal(size=(2, 3, 2)).astype(np.float32)
    np.testing.assert_allclose(found.restore(found.standardise(z)), z, atol=1e-6)


def test_random_labels_are_as_frequent_as_in_training(small: Flow) -> None:
    labels = small.random_labels(2000, np.random.default_rng(1))
    assert labels is not None
    assert labels.count("lo") / 2000 == pytest.approx(0.75, abs=0.03)
    assert labels[:5] == small.random_labels(5, np.random.default_rng(1))
