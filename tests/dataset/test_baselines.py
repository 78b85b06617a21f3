"""The floors: scikit-learn's exact PCA as an oracle, and no more in memory than they may have."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import PCA

from sonovae.dataset import baselines
from tests.making.pictures import on_disk


@pytest.fixture
def pictures(rng: np.random.Generator) -> np.ndarray:
    """Of three components."""
    return np.einsum("nk,kij->nij", rng.normal(size=(60, 3)), rng.normal(size=(3, 4, 5))).astype(
        np.float32
    )


def test_pca_is_that_of_scikit_learn(pictures: np.ndarray, tmp_path: Path) -> None:
    train, test = pictures[:50], pictures[50:]
    found = baselines.fit(on_disk(tmp_path, train), 2, seed=0)
    np.testing.assert_allclose(found.mean, train.mean(axis=0), atol=1e-5)
    exact = PCA(2, svd_solver="full").fit(train.reshape(50, -1))
    wanted = exact.inverse_transform(exact.transform(test.reshape(10, -1))).reshape(test.shape)
    np.testing.assert_allclose(found.restore(test), wanted, atol=1e-3)


def test_as_many_components_as_there_are_bring_all_back(
    pictures: np.ndarray, tmp_path: Path
) -> None:
    found = baselines.fit(on_disk(tmp_path, pictures[:50]), 3, seed=0)
    np.testing.assert_allclose(found.restore(pictures[50:]), pictures[50:], atol=1e-3)


def test_no_more_components_than_clips(rng: np.random.Generator, tmp_path: Path) -> None:
    few = rng.uniform(size=(5, 4, 4))
    assert np.isfinite(
        baselines.fit(on_disk(tmp_path, few), 64, seed=0).restore(few.astype(np.float32))
    ).all()


def test_of_many_pictures_some_are_drawn(rng: np.random.Generator, tmp_path: Path) -> None:
    train = rng.random((300, 4, 5))
    found = baselines.fit(on_disk(tmp_path, train), 2, seed=0, most_bytes=100 * 4 * 4 * 5)
    assert found.pca.n_samples_ == 100
    np.testing.assert_allclose(found.mean, train.mean(axis=0), atol=0.15)
