"""Networks over time: any length, sizes, and what a frame of z can reach."""

import keras
import numpy as np
import pytest

from sonovae.errors import UserError
from sonovae.model import latent, sequence_networks
from sonovae.params.train import Sequence

SETTINGS = Sequence(halvings=2, filters=8, maps=2, crop_frames=None)


@pytest.fixture(scope="module")
def pair() -> tuple[keras.Model, keras.Model]:
    keras.utils.set_random_seed(1)
    return sequence_networks.build((9, 16), SETTINGS, 3, "normal")


@pytest.mark.parametrize("frames", [4, 16, 40])
def test_pictures_of_any_length_keep_it(pair: tuple[keras.Model, keras.Model], frames: int) -> None:
    encoder, decoder = pair
    pictures = np.random.default_rng(1).uniform(size=(2, 9, frames)).astype(np.float32)
    posterior = latent.encode(encoder, pictures)
    assert posterior.mean.shape == posterior.log_var.shape == (2, 3 * frames // 4)
    assert latent.decode(decoder, posterior.mean).shape == (2, 9, frames)


def test_z_holds_one_latent_frame_after_the_other(
    pair: tuple[keras.Model, keras.Model],
) -> None:
    encoder, _ = pair
    pictures = np.zeros((1, 9, 64), np.float32)
    silent = latent.encode(encoder, pictures).mean.reshape(16, 3)
    pictures[:, :, 60:] = 1
    late = latent.encode(encoder, pictures).mean.reshape(16, 3)
    assert np.array_equal(silent[:6], late[:6])
    assert not np.allclose(silent[-1], late[-1])


def test_number_of_frames_must_fit() -> None:
    with pytest.raises(
        UserError, match="needs a multiple of 4: set preprocess.picture.frames = 20"
    ):
        sequence_networks.build((9, 18), SETTINGS, 3, "normal")


def test_plain_autoencoder_has_one_output() -> None:
    encoder, _ = sequence_networks.build((9, 16), SETTINGS, 3, "none")
    assert len(encoder.outputs) == 1
