"""Where the z of new sounds come from."""

import numpy as np
import pytest
from pydantic import ValidationError

from sonovae import params
from sonovae.distributions.density import Density
from sonovae.errors import UserError
from sonovae.generation import sampling
from sonovae.model import latent
from sonovae.model.latent import Posterior
from sonovae.model.saved_model import Space
from sonovae.params.sections import Generate
from tests.making.densities import standard_normal

PLACES = {"a": np.array([2.0, 0, 0]), "b": np.array([0.0, 4, 0]), "c": np.array([0.0, 0, 1])}


def space(rng: np.random.Generator, prior: Density | None = None) -> Space:
    """Two labels, and clips without one, in three dimensions."""
    mean = rng.normal(size=(100, 3)).astype(np.float32) + np.float32(1)
    p = Posterior(mean, np.full_like(mean, np.log(0.25)))
    return Space(prior, latent.fit(p, ["a", "b"] * 49 + ["", ""], p, seed=1))


def where(**changes: object) -> Generate:
    same = {
        "seed": 1,
        "sounds": 5,
        "from": "prior",
        "of": [],
        "path": "straight",
        "temperature": 1.0,
    }
    same |= {"label": None, "label_scale": None, "griffin_lim": {"iterations": 1, "momentum": 0}}
    same |= {"group": None, "seconds": None, "steps": 2, "guidance": 1.0}
    return params.parse(same | changes, Generate)


def drawn(known: Space, n: int = 5, **changes: object) -> np.ndarray:
    return sampling.draw(known, where(**changes), n, np.random.default_rng(1), PLACES.__getitem__)


def test_from_a_labels_part_of_the_density(rng: np.random.Generator) -> None:
    known = space(rng)
    np.testing.assert_array_equal(
        drawn(known, label="b"), known.density.of("b").sample(5, np.random.default_rng(1))
    )


def test_around_a_labels_mean(rng: np.random.Generator) -> None:
    known = space(rng)
    z = drawn(known, label="b", label_scale=0.5)
    assert z.shape == (5, 3)
    assert np.abs(z - known.density.of("b").mean).max() <= 0.5
    assert len(np.unique(z)) == 15


def test_a_label_that_yaml_takes_for_a_number() -> None:
    assert where(label=7).label == "7"
    assert where(**{"from": "between", "of": [7, 8]}).of == ("7", "8")


def test_temperature_0_is_the_middle_and_draws_widen_with_it(rng: np.random.Generator) -> None:
    known = space(rng)
    cold, warm = (drawn(known, 400, label="a", temperature=t) for t in (0, 1))
    middles = known.density.of("a").means
    assert all(np.abs(middles - z).sum(axis=1).min() < 1e-5 for z in cold)
    assert warm.std() > 1.1 * cold.std()


def test_variations_lie_around_the_clip_as_wide_as_a_cluster(rng: np.random.Generator) -> None:
    known = space(rng)
    z = drawn(known, 20_000, **{"from": "clip", "of": ["b"]})
    np.testing.assert_allclose(z.mean(axis=0), PLACES["b"], atol=0.05)
    np.testing.assert_allclose(np.cov(z, rowvar=False), known.density.covariances[0], atol=0.05)


def test_a_straight_path_passes_its_places_evenly(rng: np.random.Generator) -> None:
    z = drawn(space(rng), 5, **{"from": "between", "of": ["a", "b", "c"]})
    np.testing.assert_allclose(
        z, [[2, 0, 0], [1, 2, 0], [0, 4, 0], [0, 2, 0.5], [0, 0, 1]], atol=1e-6
    )


def test_a_spherical_path_keeps_its_radius(rng: np.random.Generator) -> None:
    z = sampling.along(np.array([[3.0, 1], [1, 3]]), 9, centre=np.ones(2))
    np.testing.assert_allclose(np.linalg.norm(z - 1, axis=1), 2, atol=1e-6)
    angles = np.arctan2(*(z - 1).T[::-1])
    np.testing.assert_allclose(np.diff(angles), np.pi / 16, atol=1e-6)
    apart = sampling.along(np.array([[1.0, 0], [0, 5]]), 3, centre=np.zeros(2))
    np.testing.assert_allclose(np.linalg.norm(apart, axis=1), [1, 3, 5], atol=1e-6)


@pytest.mark.parametrize("other", [[-1.0, 0], [2.0, 0], [0.0, 0]])
def test_where_no_single_arc_leads_the_path_is_straight(other: list[float]) -> None:
    z = sampling.along(np.array([[1.0, 0], other]), 3, centre=np.zeros(2))
    np.testing.assert_allclose(z[1], [(1 + other[0]) / 2, 0], atol=1e-6)


def test_a_walk_without_places_draws_them(rng: np.random.Generator) -> None:
    known = space(rng)
    one, same = (drawn(known, 9, **{"from": "walk"}) for _ in range(2))
    np.testing.assert_array_equal(one, same)
    np.testing.assert_allclose(one[2], (one[0] + one[4]) / 2, atol=1e-5)


def test_places_that_are_not_there(rng: np.random.Generator) -> None:
    with pytest.raises(UserError, match="generate.label = 'c': the model knows a, b"):
        drawn(space(rng), label="c")
    with pytest.raises(
        UserError,
        match="standard_normal: a plain autoencoder was trained without one; choose prior",
    ):
        drawn(space(rng), **{"from": "standard_normal"})
    prior = standard_normal(3)
    np.testing.assert_array_equal(
        drawn(space(rng, prior), **{"from": "standard_normal"}),
        prior.sample(5, np.random.default_rng(1)),
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"from": "clip", "of": []}, "from = clip needs one entry in generate.of; it has 0"),
        ({"from": "between", "of": ["a"]}, "needs at least two entries in generate.of; it has 1"),
        ({"from": "prior", "of": ["a"]}, "needs no entries in generate.of; it has 1"),
        (
            {"from": "walk", "of": ["a"]},
            "from = walk needs at least two entries in generate.of, or none; it has 1",
        ),
        (
            {"from": "standard_normal", "label": "a"},
            "label = a needs generate.from = prior, not standard_normal",
        ),
    ],
)
def test_a_source_takes_its_number_of_places(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        where(**changes)
