"""Fine-tuning against critics: texture that an error cannot teach, resumed to the same bytes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from sonovae.dataset.saved_dataset import Pictures
from sonovae.model import architecture, latent, sequence_networks, textured_decoder
from sonovae.model.architecture import Architecture
from sonovae.model.textured_decoder import TexturedDecoder
from sonovae.params.prior import Adversarial
from sonovae.params.train import Sequence
from sonovae.training import loop
from sonovae.training.adversarial import Adversaries, FineTuning
from sonovae.training.state import State
from tests.making.pictures import on_disk
from tests.making.trainings import Killed, checkpoints, kill_after, nothing

ROWS = 16
BUILT = Architecture((ROWS, 16), 2, "normal", Sequence(2, 8, 2, None), None, None)


def settings(**changes: Any) -> Adversarial:
    usual: dict[str, Any] = {
        "epochs": 3,
        "steps": 4,
        "draws": 32,
        "guidance": 1.0,
        "batch_size": 8,
        "learning_rate": 1e-3,
        "reconstruction_weight": 0.1,
        "adversarial_weight": 1.0,
        "feature_weight": 1.0,
    }
    return Adversarial(**usual | changes)


def rough(n: int) -> np.ndarray:
    """Grey pictures with noise that no z can know."""
    rng = np.random.default_rng(1)
    return np.clip(0.3 + rng.normal(0, 0.1, (n, ROWS, 16)), 0, 1).astype(np.float32)


def paint_grey(decoder: keras.Model) -> None:
    """Let every picture be the mean of the rough ones, which is what an error teaches."""
    maps = next(layer for layer in decoder.layers if layer.output.shape[-1] == 2 * ROWS * 2)
    kernel, bias = maps.get_weights()
    grey = (0.3 - sequence_networks.CENTRE) / sequence_networks.SPREAD
    maps.set_weights([np.zeros_like(kernel), np.full_like(bias, grey)])


class Tuned:
    """A decoder of grey pictures, fine-tuned on rough ones."""

    def __init__(self, folder: Path, on_epoch: Callable[..., None], **changes: Any) -> None:
        keras.backend.clear_session()
        keras.utils.set_random_seed(1)
        encoder, plain = BUILT.build()
        paint_grey(plain)
        self.decoder: TexturedDecoder = textured_decoder.build(BUILT)
        textured_decoder.begin_as(plain, self.decoder.network)
        self.z = np.random.default_rng(2).normal(size=(32, 4, 2)).astype(np.float32)
        model = Adversaries(encoder, self.decoder.network, settings(**changes), 1)
        folder.mkdir(exist_ok=True)
        self.pictures: Pictures = on_disk(folder, rough(64))
        course = FineTuning(model, self.pictures, self.z, self.roughness_missing, (8, 2), 1)
        kept = checkpoints(folder / "checkpoints")
        try:
            self.state: State = loop.run(course, kept, on_epoch)
        finally:
            kept.wait()
        model.set_weights(self.state.kept["best"])

    def roughness(self) -> float:
        """Deviation of decoded pictures from their neighbours."""
        decoded = latent.decode(self.decoder, self.z.reshape(32, -1))
        return float(np.diff(decoded, axis=1).std())

    def roughness_missing(self) -> float:
        return abs(float(np.diff(rough(64), axis=1).std()) - self.roughness())


def test_critics_teach_texture_and_an_error_does_not(tmp_path: Path) -> None:
    wanted = float(np.diff(rough(64), axis=1).std())
    length = {"epochs": 12, "steps": 25, "learning_rate": 3e-3}
    tuned = Tuned(tmp_path / "tuned", nothing, **length)
    assert tuned.roughness() > wanted / 2
    by_error = length | {"adversarial_weight": 0.0, "feature_weight": 0.0}
    assert Tuned(tmp_path / "error", nothing, **by_error).roughness() < wanted / 4


def test_what_was_killed_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    whole = Tuned(tmp_path / "whole", nothing).state
    with pytest.raises(Killed):
        Tuned(tmp_path / "cut", kill_after(1))
    resumed = Tuned(tmp_path / "cut", nothing).state
    assert whole.losses == resumed.losses
    pairs = zip(whole.kept["best"], resumed.kept["best"], strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)


def test_textured_decoder_begins_as_the_plain_one() -> None:
    keras.utils.set_random_seed(1)
    _, plain = BUILT.build()
    rng = np.random.default_rng(1)
    plain.set_weights([rng.normal(0, 0.3, w.shape) for w in plain.get_weights()])
    textured = textured_decoder.build(BUILT)
    textured_decoder.begin_as(plain, textured.network)
    z = rng.normal(size=(3, 8)).astype(np.float32)
    np.testing.assert_array_equal(latent.decode(plain, z), latent.decode(textured, z))


def test_noise_is_that_of_z_whatever_is_decoded_with_it() -> None:
    textured = textured_decoder.build(BUILT)
    z = np.random.default_rng(1).normal(size=(3, 8)).astype(np.float32)
    noise = textured.noise(z)
    np.testing.assert_array_equal(noise[1:2], textured.noise(z[1:2]))
    assert noise.shape == (3, ROWS, 16)
    assert abs(np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1]) < 0.2


def test_only_sequences_have_texture() -> None:
    vector = architecture.Architecture((8, 8), 2, "normal", None, None, None)
    with pytest.raises(ValueError, match="only decoders of sequences"):
        textured_decoder.build(vector)
