import keras
import numpy as np
import pytest

from sonovae import backend, networks, params, vae
from sonovae.errors import UserError
from sonovae.params.layers import Layers

backend.prepare(threads=2)  # as the stages will in this process, and it cannot be changed once anything is computed


def layers(*some: dict[str, object]) -> Layers:
    return params.parse(list(some), Layers)


def conv(filters: int, stride: int = 1, activation: str = "relu", layer: str = "conv") -> dict[str, object]:
    size = {"filters": filters, "kernel": 3, "stride": [stride, stride]}
    return {"layer": layer, **size, "activation": activation, "batch_norm": True}


SPACE_TO_DEPTH = {"layer": "space_to_depth", "block": 2}
DEPTH_TO_SPACE = {"layer": "depth_to_space", "block": 2}
PROJECT = {"layer": "project", "filters": 4, "activation": "relu"}


@pytest.mark.parametrize("shape", [(16, 16), (15, 13), (28, 28), (7, 30)])
@pytest.mark.parametrize(
    "network",
    [
        [PROJECT, conv(4), DEPTH_TO_SPACE, conv(4, activation="sigmoid"), DEPTH_TO_SPACE],
        [PROJECT, conv(8, 2, layer="conv_transposed"), conv(1, 2, "sigmoid", "conv_transposed")],
        [PROJECT, conv(1)],
    ],
)
def test_shapes_come_back_whatever_the_size(shape: tuple[int, int], network: list[dict[str, object]]) -> None:
    encoder = networks.encoder(shape, layers(SPACE_TO_DEPTH, conv(4, 2)), latent_size=3)
    decoder = networks.decoder(shape, layers(*network), latent_size=3)
    mean, log_var = encoder(np.zeros((2, *shape), np.float32))
    assert mean.shape == log_var.shape == (2, 3)
    assert decoder(mean).shape == (2, *shape)


def test_depth_to_space_is_the_way_back_from_space_to_depth(rng: np.random.Generator) -> None:
    image = rng.uniform(size=(2, 8, 6, 3)).astype(np.float32)
    there, back = (params.parse(some, kind) for some, kind in
                   ((SPACE_TO_DEPTH, networks.SpaceToDepth), (DEPTH_TO_SPACE, networks.DepthToSpace)))  # fmt: skip
    deep = networks._space_to_depth(there, keras.ops.convert_to_tensor(image), None)
    assert deep.shape == (2, 4, 3, 12)
    np.testing.assert_array_equal(networks._depth_to_space(back, deep, None), image)


def test_parameter_count_by_hand() -> None:
    encoder = networks.encoder((8, 8), layers(conv(4, 2)), latent_size=3)
    assert encoder.count_params() == (3 * 3 * 1 * 4 + 4) + 4 * 4 + 2 * (4 * 4 * 4 * 3 + 3)


@pytest.mark.parametrize(
    ("network", "rule"),
    [
        ([PROJECT, conv(2)], r"train.decoder ends in a shape of \(8, 8, 2\)"),
        ([PROJECT, conv(3), DEPTH_TO_SPACE], "depth_to_space 2 needs a multiple of 4 channels, and 3 come in"),
    ],
)
def test_a_decoder_that_makes_no_picture_is_refused(network: list[dict[str, object]], rule: str) -> None:
    with pytest.raises(UserError, match=rule):
        networks.decoder((8, 8), layers(*network), latent_size=3)


def test_kl_by_hand() -> None:
    half = np.array([[0.5]], np.float32)
    out = {"mean": half, "log_var": np.log(half**2)}
    assert float(vae.kl_divergence(None, out)[0]) == pytest.approx(0.4431, abs=1e-4)
    standard = {"mean": np.zeros((2, 3), np.float32), "log_var": np.zeros((2, 3), np.float32)}
    assert np.asarray(vae.kl_divergence(None, standard)).tolist() == [0, 0]


def test_kl_is_a_mean_of_log_ratios(rng: np.random.Generator) -> None:
    mean, scale = 0.7, 0.3
    z = rng.normal(mean, scale, 400_000)
    log_ratio = (-0.5 * ((z - mean) / scale) ** 2 - np.log(scale)) + 0.5 * z**2
    out = {"mean": np.array([[mean]], np.float32), "log_var": 2 * np.log(np.array([[scale]], np.float32))}
    assert float(vae.kl_divergence(None, out)[0]) == pytest.approx(log_ratio.mean(), abs=0.005)


def test_mse_is_a_mean_over_pixels() -> None:
    out = {"picture": np.array([[[0.0, 1.0], [0.5, 0.5]]], np.float32)}
    assert np.asarray(vae.mean_squared_error(np.zeros((1, 2, 2), np.float32), out)).tolist() == [0.375]


def test_loss_is_the_weighted_sum_of_its_terms(rng: np.random.Generator) -> None:
    encoder = networks.encoder((8, 8), layers(conv(4, 2)), latent_size=3)
    decoder = networks.decoder((8, 8), layers(PROJECT, conv(1)), latent_size=3)
    model = vae.VAE(encoder, decoder, {"mse": 10.0, "kl": 0.1}, seed=1)
    model.compile()
    found = model.evaluate(rng.uniform(size=(6, 8, 8)).astype(np.float32), batch_size=4, return_dict=True, verbose=0)
    assert found["loss"] == pytest.approx(10 * found["mse"] + 0.1 * found["kl"], rel=1e-4)
