"""Training of flows: what they learn, resumed, and ended before they learn by heart."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from sonovae.distributions import flow
from sonovae.distributions.flow import Flow, Request
from sonovae.model.latent import Posterior
from sonovae.params.prior import Flow as Settings
from sonovae.training import loop
from sonovae.training.flow_training import FlowCourse, FlowMatching, Sequences
from sonovae.training.state import State
from tests.making.trainings import Killed, checkpoints, kill_after, nothing

FRAMES = 4


def settings(**changes: Any) -> Settings:
    usual: dict[str, Any] = {
        "layers": 1,
        "width": 16,
        "heads": 2,
        "label_dropout": 0.1,
        "group_dropout": 0.4,
        "learning_rate": 3e-3,
        "batch_size": 32,
        "epochs": 4,
        "patience": None,
    }
    return Settings(**usual | changes)


def posterior(n: int, seed: int) -> Posterior:
    """Two channels: label 1 rises, label 2 falls, each clip with an offset of its own."""
    rng = np.random.default_rng(seed)
    slope = np.where(np.arange(n) % 2 == 0, 1.0, -1.0)[:, np.newaxis, np.newaxis]
    line = np.linspace(-1, 1, FRAMES)[:, np.newaxis] * np.ones(2)
    mean = slope * line + rng.normal(0, 0.2, (n, 1, 2))
    return Posterior(
        mean.reshape(n, -1).astype(np.float32), np.full((n, FRAMES * 2), -6.0, np.float32)
    )


def scaling() -> flow.Scaling:
    of = posterior(256, 1)
    return flow.scaling(of.mean, of.log_var, 2)


def sequences(n: int, seed: int) -> Sequences:
    of = posterior(n, seed)
    labels = (1 + np.arange(n) % 2).astype(np.int32)
    return Sequences(of, scaling(), labels, np.zeros(n, np.int32), np.arange(n))


def learn(
    folder: Path,
    on_epoch: Callable[..., None] = nothing,
    *,
    clips: int = 256,
    **changes: Any,
) -> tuple[State, Flow]:
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    chosen = settings(**changes)
    network = flow.build(2, 2, 0, chosen)
    model = FlowMatching(network, scaling(), chosen, 1)
    course = FlowCourse(model, sequences(clips, 1), sequences(64, 2), 1)
    kept = checkpoints(folder)
    try:
        state = loop.run(course, kept, on_epoch)
    finally:
        kept.wait()
    model.set_weights(state.kept["best"])
    return state, Flow(network, scaling(), ("rise", "fall"), (0.5, 0.5), (), FRAMES, chosen)


def test_it_draws_what_each_label_is_like(tmp_path: Path) -> None:
    _, learned = learn(tmp_path / "kept", epochs=60)
    rng = np.random.default_rng(1)
    for label, sign in (("rise", 1), ("fall", -1)):
        z = learned.draw(48, Request(label=label), rng).reshape(48, FRAMES, 2)
        rising = sign * (z[:, -1] - z[:, 0]).mean(axis=1)
        assert (rising > 1).mean() > 0.9
        # Offsets differ from clip to clip, as in training.
        assert 0.1 < z.mean(axis=1).std(axis=0).mean() < 0.35
    both = learned.draw(48, Request(), rng).reshape(48, FRAMES, 2)
    share = ((both[:, -1] - both[:, 0]).mean(axis=1) > 0).mean()
    assert 0.2 < share < 0.8


def test_what_was_killed_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    whole, _ = learn(tmp_path / "whole")
    with pytest.raises(Killed):
        learn(tmp_path / "cut", kill_after(2))
    resumed, _ = learn(tmp_path / "cut")
    assert whole.losses == resumed.losses
    pairs = zip(whole.kept["best"], resumed.kept["best"], strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)


def test_held_out_loss_ends_what_learns_by_heart(tmp_path: Path) -> None:
    state, _ = learn(tmp_path / "kept", clips=8, epochs=400, patience=20, learning_rate=1e-2)
    assert state.epoch < 400
    assert state.best == state.epoch - 20
