"""The optimizer, held against Keras' own Adam."""

from typing import Any

import keras
import numpy as np
import pytest

from sonovae.model import priors, vae
from sonovae.training import optimizer
from tests.making.pictures import build, pictures, train


def moved(rng: np.random.Generator, made: Any, **changes: Any) -> dict[str, np.ndarray]:
    """Return the change of each weight by three batches, with the optimizer that `made` builds."""
    p = train(learning_rate=1e-2, **changes)
    prior = priors.Normal(3)
    whole = build(prior, vae.terms(p, prior))
    before = {each.path: np.array(each.numpy()) for each in whole.trainable_variables}
    whole.compile(optimizer=made(whole, p))
    whole.fit(pictures(rng, 24), batch_size=8, shuffle=False, verbose=0)
    return {
        each.path: np.array(each.numpy()) - before[each.path] for each in whole.trainable_variables
    }


def ours(whole: Any, p: Any) -> Any:
    return optimizer.build(whole, p, batches=3)


def test_it_is_kerass_adam(rng: np.random.Generator) -> None:
    state = rng.bit_generator.state
    found = moved(rng, ours)
    rng.bit_generator.state = state
    wanted = moved(rng, lambda *_: keras.optimizers.Adam(1e-2))
    for one, other in zip(found.values(), wanted.values(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-7)


def test_dense_layers_beside_z_have_a_rate_of_their_own(rng: np.random.Generator) -> None:
    for name, change in moved(rng, ours, dense_learning_rate=1e-5).items():
        dense = any(f"{layer}/" in name for layer in ("mean", "log_variance", "project"))
        assert 0 < np.abs(change).max() < (4e-5 if dense else 4e-2), name
        assert dense or np.abs(change).max() > 1e-3, name


@pytest.mark.parametrize(
    ("changes", "rates"),
    [
        ({}, [1e-2, 1e-2, 1e-2]),
        ({"schedule": "cosine"}, [1e-2, 5e-3, 0]),
        ({"warmup_batches": 2}, [0, 1e-2, 1e-2]),
        ({"warmup_batches": 2, "schedule": "cosine"}, [0, 1e-2 * (1 + np.cos(np.pi / 4)) / 2, 0]),
    ],
)
def test_the_rate_rises_and_falls(changes: dict[str, Any], rates: list[float]) -> None:
    """At the beginning, in the middle and at the end of ten batches."""
    prior, p = priors.Normal(3), train(learning_rate=1e-2, **changes)
    adam = optimizer.build(build(prior, vae.terms(p, prior)), p, batches=10)
    found = []
    for batch in (0, 5 if "warmup_batches" not in changes else 4, 10):
        adam.iterations.assign(batch)
        found.append(float(adam.learning_rate))
    assert found == pytest.approx(rates, abs=1e-8)
