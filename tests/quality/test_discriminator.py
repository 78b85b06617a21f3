"""The network tells textures apart that have the same mean, and nothing where nothing differs."""

import numpy as np
import scipy.ndimage

from sonovae.quality import discriminator, sound_scores
from sonovae.quality.two_sample import Told
from tests.making import voices

BANDS, FRAMES = 32, 24
TRAIN, TEST = 120, 40


def spectrograms(n: int, smoothing: float, seed: int) -> np.ndarray:
    """Noise around a slope, smoothed in time or not, of the same mean and deviation."""
    noise = np.random.default_rng(seed).standard_normal((n, BANDS, FRAMES))
    if smoothing:
        noise = scipy.ndimage.gaussian_filter1d(noise, smoothing, axis=2, mode="wrap")
    noise /= noise.std()
    return (-30 + 10 * noise - np.linspace(0, 20, BANDS)[:, np.newaxis]).astype(np.float32)


def told(smoothing: float) -> Told:
    real, new = spectrograms(TRAIN, 1, 1), spectrograms(TRAIN, smoothing, 2)
    test, test_new = spectrograms(TEST, 1, 3), spectrograms(TEST, smoothing, 4)
    return discriminator.tell(real, new, test, test_new, 5)


def test_textures_of_the_same_mean_are_told_apart() -> None:
    assert told(0).auc > 0.9


def test_the_same_distribution_is_not_and_equally_so_each_time() -> None:
    one, two = told(1), told(1)
    groups = [str(i) for i in range(TEST)]
    row = sound_scores.told_row("auc", one, groups, groups, 100, 1)
    assert row["auc_low"] < 0.5 < row["auc_high"]
    assert one.real.tobytes() == two.real.tobytes()
    assert one.new.tobytes() == two.new.tobytes()


def test_constant_spectrograms_of_a_single_bin() -> None:
    constant = np.full((8, 1, 5), -60, np.float32)
    assert discriminator.tell(constant, constant, constant, constant, 1).auc == 0.5


def test_views_are_of_each_sound() -> None:
    sounds = voices.recordings(1, seed=1).samples
    views = discriminator.views(sounds, 8000, 2000)
    assert views.mel.shape == (12, 64, 63)
    assert views.fine.shape == (12, 97, 63)
    taken = views.take(np.array([3]))
    np.testing.assert_array_equal(taken.fine[0], views.fine[3])


def test_too_few_sounds_train_no_network() -> None:
    views = discriminator.views(voices.recordings(2, seed=1).samples, 8000, 2000)
    groups = [str(i) for i in range(24)]
    assert sound_scores.network_row((views, views), (views, views), (groups, groups), 10, 1) == {}
