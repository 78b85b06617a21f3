"""Textures and voices of the same distribution are near, and of others far."""

import numpy as np
import pytest
import scipy.ndimage

from sonovae.features import sound_features
from sonovae.quality import fidelity, identity, texture
from tests.making import voices


def textured(n: int, seed: int) -> np.ndarray:
    """Log-mel spectrograms [n, 64, 40] of grains."""
    noise = np.random.default_rng(seed).standard_normal((n, 64, 40))
    return np.clip(-25 + 12 * scipy.ndimage.gaussian_filter(noise, (0, 1, 1)), -60, 0).astype(
        np.float32
    )


REAL = textured(40, 1)


def distance(other: np.ndarray) -> float:
    embedding = texture.fit(REAL, 1)
    real, new = (embedding.of(values).gaussian(np.arange(40)) for values in (REAL, other))
    return fidelity.frechet_distance(real, new)


def test_other_sounds_of_the_same_texture_are_near_and_blurred_ones_far() -> None:
    same = distance(textured(40, 2))
    blurred = distance(scipy.ndimage.gaussian_filter(REAL, (0, 1, 1)))
    assert same < 2
    assert blurred > 5 * same
    assert distance(REAL) == pytest.approx(0, abs=1e-6)


def test_noise_is_far() -> None:
    noise = np.random.default_rng(3).normal(0, 5, REAL.shape)
    noised = np.clip(REAL + noise, -60, 0).astype(np.float32)
    assert distance(noised) > 4 * distance(textured(40, 2))


def test_gaussian_of_rows_is_that_of_their_patches() -> None:
    embedding = texture.fit(REAL, 1)
    some = embedding.of(REAL).gaussian(np.array([3, 5, 5]))
    alone = embedding.of(REAL[[3, 5, 5]]).gaussian(np.arange(3))
    assert fidelity.frechet_distance(some, alone) == pytest.approx(0, abs=1e-9)


def test_gaussian_by_numpy() -> None:
    """Of sounds other than those that the components are of, so that the mean is not 0."""
    embedding = texture.fit(REAL, 1)
    louder = np.minimum(REAL[:9] + 5, 0)
    found = embedding.of(louder).gaussian(np.arange(9))
    patches = np.concatenate([texture._patches(own) for own in louder])
    points = embedding.pca.transform(patches)
    np.testing.assert_allclose(found.mean, points.mean(axis=0))
    wanted = np.cov(points, rowvar=False, bias=True)
    np.testing.assert_allclose(found.root.T @ found.root, wanted, atol=1e-9)


@pytest.mark.parametrize("frames", [1, 15, 16, 17])
def test_short_and_silent_spectrograms(frames: int) -> None:
    embedding = texture.fit(REAL, 1)
    silent = np.full((3, 64, frames), -60, np.float32)
    textures = embedding.of(silent)
    assert np.isfinite(textures.total).all()
    assert textures.count.min() >= 1
    assert np.isfinite(texture.fit(silent, 1).of(silent).total).all()


def test_silent_patches_do_not_count() -> None:
    padded = np.full((40, 64, 200), -60, np.float32)
    padded[:, :, :40] = REAL
    # Patches begin at five places before the end of the sound, in each of seven rows.
    np.testing.assert_array_equal(texture.fit(REAL, 1).of(padded).count, 35)


def voice_statistics(speakers: list[int], each: int, seed: int) -> tuple[np.ndarray, list[str]]:
    rng = np.random.default_rng(seed)
    names = [speaker for speaker in speakers for _ in range(each)]
    sounds = [voices.spoken(speaker, rng) for speaker in names]
    return sound_features.mel_statistics(sounds, 8000), [str(name) for name in names]


def test_voices_of_the_same_speakers_are_near_and_of_one_far() -> None:
    train, groups = voice_statistics([0, 1, 2, 3], 12, 1)
    found = identity.fit(train, groups)
    assert found is not None

    def away(features: np.ndarray) -> float:
        real, new = (fidelity.gaussian(found.of(own)) for own in (train, features))
        return fidelity.frechet_distance(real, new)

    same = away(voice_statistics([0, 1, 2, 3], 12, 2)[0])
    assert found.of(train).shape == (48, 3)
    assert away(voice_statistics([0], 48, 3)[0]) > 3 * same


def test_small_groups_or_one_have_no_identity(rng: np.random.Generator) -> None:
    features = rng.standard_normal((40, 6))
    assert identity.fit(features, ["a", "b"] * 20) is not None
    assert identity.fit(features, ["same"] * 40) is None
    assert identity.fit(features, [str(i // 8) for i in range(40)]) is None
