import numpy as np
import pytest

from sonovae.evaluation import maps


def two_crowds(rng: np.random.Generator) -> np.ndarray:
    """Twenty points each around two places in eight dimensions."""
    return np.concatenate([rng.normal(place, 0.1, (20, 8)) for place in (-1, 1)]).astype(np.float32)


@pytest.mark.parametrize("name", ["pca", "tsne", pytest.param("umap", marks=pytest.mark.processes)])
def test_neighbours_stay_neighbours_and_the_seed_decides(
    name: str, rng: np.random.Generator
) -> None:
    z = two_crowds(rng)
    (found,) = maps.draw(z, (name,), seed=1).values()
    assert found.shape == (40, 2)
    np.testing.assert_array_equal(maps.draw(z, (name,), seed=1)[maps.MAPS[name][0]], found)
    near = np.linalg.norm(found[:, None] - found[None], axis=2) + np.diag(np.full(40, np.inf))
    assert ((near.argmin(axis=1) < 20) == (np.arange(40) < 20)).all()


def test_where_all_is_one_point() -> None:
    found = maps.draw(np.ones((60, 8), np.float32), ("pca", "tsne"), seed=1)
    assert [np.ptp(points) for points in found.values()] == [0, 0]


def test_one_dimension_is_a_line(rng: np.random.Generator) -> None:
    found = maps.draw(rng.normal(size=(12, 1)).astype(np.float32), ("pca", "tsne"), seed=1)
    assert [points.shape for points in found.values()] == [(12, 2), (12, 2)]
    assert np.ptp(found["PCA"][:, 1]) < 1e-6


def test_two_dimensions_are_a_map_already(rng: np.random.Generator) -> None:
    z = rng.normal(size=(12, 2)).astype(np.float32)
    found = maps.draw(z, ("pca",), seed=1)
    assert list(found) == ["z", "PCA"]
    np.testing.assert_array_equal(found["z"], z)
