import keras
import numpy as np
import pytest

from sonovae import params
from sonovae.errors import UserError
from sonovae.model import networks
from sonovae.params import recipes
from sonovae.params.file import check
from sonovae.params.layers import Layers
from sonovae.params.train import Train
from tests.making.projects import HERE


def layers(*some: dict[str, object]) -> Layers:
    return params.parse(list(some), Layers)


def conv(
    filters: int,
    stride: int = 1,
    activation: str = "relu",
    layer: str = "conv",
    padding: str = "same",
) -> dict:
    size = {"filters": filters, "kernel": 3, "stride": [stride, stride], "padding": padding}
    return {"layer": layer, **size, "activation": activation, "batch_norm": True}


SPACE_TO_DEPTH = {"layer": "space_to_depth", "block": 2}
DEPTH_TO_SPACE = {"layer": "depth_to_space", "block": 2}
PROJECT = {"layer": "project", "filters": 4, "activation": "relu"}
DENSE = {"layer": "dense", "units": 5, "activation": "relu"}
UPSAMPLE = {"layer": "upsample", "size": 2}
RESIDUAL = {"layer": "residual", "filters": [4, 3], "kernel": 3}


@pytest.mark.parametrize("shape", [(16, 16), (15, 13), (28, 28), (7, 30)])
@pytest.mark.parametrize(
    "network",
    [
        [PROJECT, conv(4), DEPTH_TO_SPACE, conv(4, activation="sigmoid"), DEPTH_TO_SPACE],
        [PROJECT, conv(8, 2, layer="conv_transposed"), conv(1, 2, "sigmoid", "conv_transposed")],
        [PROJECT, conv(1)],
        [PROJECT, RESIDUAL, DEPTH_TO_SPACE],
        [PROJECT, conv(1, 1, "relu", "conv", "valid")],
        [PROJECT, conv(1, 3, "relu", "conv_transposed", "valid")],
        [PROJECT, conv(16), DEPTH_TO_SPACE, DEPTH_TO_SPACE, SPACE_TO_DEPTH, conv(1)],
        [
            DENSE,
            PROJECT,
            UPSAMPLE,
            conv(4, 1, "relu", "conv_transposed", "valid"),
            UPSAMPLE,
            conv(1),
        ],
    ],
)
def test_shapes_come_back_whatever_the_size(
    shape: tuple[int, int], network: list[dict[str, object]]
) -> None:
    encoder = networks.encoder(shape, layers(SPACE_TO_DEPTH, conv(4, 2)), latent_size=3)
    decoder = networks.decoder(shape, layers(*network), latent_size=3)
    mean, log_var = encoder(np.zeros((2, *shape), np.float32))
    assert mean.shape == log_var.shape == (2, 3)
    assert decoder(mean).shape == (2, *shape)


def test_depth_to_space_is_the_way_back_from_space_to_depth(rng: np.random.Generator) -> None:
    image = rng.uniform(size=(2, 8, 6, 3)).astype(np.float32)
    there, back = layers(SPACE_TO_DEPTH, DEPTH_TO_SPACE)
    deep = networks.apply(there, keras.ops.convert_to_tensor(image), None)
    assert deep.shape == (2, 4, 3, 12)
    np.testing.assert_array_equal(networks.apply(back, deep, None), image)


def test_a_residual_layer_begins_as_nothing_and_counts_in_full(rng: np.random.Generator) -> None:
    image = keras.Input((8, 6, 5))
    network = keras.Model(image, networks.apply(*layers(RESIDUAL), image, None))
    x = rng.normal(size=(2, 8, 6, 5)).astype(np.float32)
    np.testing.assert_array_equal(network(x), x)
    assert network.count_params() == 9 * (5 * 4 + 4 * 3 + 3 * 5) + 4 + 3 + 5
    (last,) = (each for each in network.weights if each.shape == (3, 3, 3, 5))
    last.assign(np.ones(last.shape))
    assert np.abs(keras.ops.convert_to_numpy(network(x)) - x).max() > 0.01


def test_parameter_count_by_hand() -> None:
    encoder = networks.encoder((8, 8), layers(conv(4, 2)), latent_size=3)
    assert encoder.count_params() == (3 * 3 * 1 * 4 + 4) + 4 * 4 + 2 * (4 * 4 * 4 * 3 + 3)


@pytest.mark.parametrize(
    ("network", "rule"),
    [
        ([PROJECT, conv(2)], r"train.decoder ends in a shape of \(8, 8, 2\)"),
        (
            [PROJECT, conv(3), DEPTH_TO_SPACE],
            "depth_to_space 2 needs a multiple of 4 channels, and its input has 3: change",
        ),
    ],
)
def test_a_decoder_that_makes_no_picture_is_refused(
    network: list[dict[str, object]], rule: str
) -> None:
    with pytest.raises(UserError, match=rule):
        networks.decoder((8, 8), layers(*network), latent_size=3)


def test_an_encoder_that_leaves_nothing_is_refused() -> None:
    narrow = layers(conv(4, padding="valid"), {"layer": "average_pool", "size": 8})
    with pytest.raises(
        UserError,
        match=r"train.encoder\[1\] \(average_pool\) does not fit its input of shape \(6, 6, 4\): ",
    ):
        networks.encoder((8, 8), narrow, latent_size=3)


def recipe(name: str) -> Train:
    return check(recipes.whole(HERE, name), name).train


def built(p: Train, shape: tuple[int, int]) -> tuple[keras.Model, keras.Model]:
    return networks.build(shape, p.encoder, p.decoder, p.latent_size, p.prior)


@pytest.mark.parametrize(
    ("name", "shape", "counts"),
    [
        ("spoken-digits", (256, 64), (1_838_688, 1_717_601)),
        ("voices", (50, 50), (2_480_725, 2_482_486)),
        ("thesis", (28, 28), (99_842, 121_537)),
        ("thesis-vae", (28, 28), (106_116, 121_537)),
        ("mnist", (28, 28), (99_842, 121_537)),
    ],
)
def test_recipes_have_their_originals_parameters(
    name: str, shape: tuple[int, int], counts: tuple[int, int]
) -> None:
    encoder, decoder = built(recipe(name), shape)
    assert (encoder.count_params(), decoder.count_params()) == counts


def test_the_thesis_with_its_large_colour_input() -> None:
    p = recipe("thesis")
    encoder = networks.encoder((545, 690, 3), p.encoder, p.latent_size, outputs=1)
    decoder = networks.decoder((545, 690), p.decoder, p.latent_size)
    assert encoder.count_params() + decoder.count_params() == 7_790_595
    assert (548, 692, 1) in [tuple(layer.output.shape[1:]) for layer in decoder.layers]
    assert decoder.output_shape == (None, 545, 690)


def sizes(network: keras.Model) -> list[tuple[int, ...]]:
    """Shapes of the outputs of a network's layers, each once in a row."""
    shapes = [
        tuple(layer.output.shape[1:])
        for layer in network.layers
        if not isinstance(layer.output, list)
    ]
    return [shape for i, shape in enumerate(shapes) if i == 0 or shape != shapes[i - 1]]


def test_shapes_of_the_voices() -> None:
    encoder, decoder = built(recipe("voices"), (50, 50))
    assert sizes(encoder)[1:9] == [
        (50, 50, 1), (48, 48, 40), (24, 24, 40), (22, 22, 25), (11, 11, 25), (3025,), (800,), (60,),
    ]  # fmt: skip
    assert sizes(decoder)[:9] == [
        (20,), (60,), (800,), (3025,), (11, 11, 25), (22, 22, 25), (24, 24, 40), (48, 48, 40),
        (50, 50, 1),
    ]  # fmt: skip


def test_shapes_of_the_spoken_digits() -> None:
    encoder, decoder = built(recipe("spoken-digits"), (256, 64))
    there = [(128, 32, 512), (64, 16, 256), (32, 8, 128), (16, 4, 64), (8, 4, 32)]
    assert [shape for shape in sizes(encoder) if len(shape) == 3][1:] == there
    back = [
        (8, 4, 32),
        (16, 4, 32),
        (32, 8, 64),
        (64, 16, 128),
        (128, 32, 256),
        (256, 64, 512),
        (256, 64, 1),
    ]
    assert [shape for shape in sizes(decoder) if len(shape) == 3] == back
