"""`python -m benchmarks.matrix_rate`: share of the machine's matrix rate that training reaches.

A step's multiplications are counted from the layers: forward, and twice as many backward. The rate
is that of the largest of some matrix products, by the same kernels and threads in the same run.
"""

import os
import time
from collections.abc import Callable
from typing import Any

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "1"}

import keras
import numpy as np
import tensorflow as tf

from benchmarks import project
from sonovae.distributions import flow, flow_path
from sonovae.model import backend, vae
from sonovae.training.flow_training import FlowMatching

SHAPES = {"digits": (194, 48), "starter": (129, 64)}
"""Rows and frames of a recipe's crops."""
LABELS = 10
SIZES = (512, 1024, 2048)
"""Rows and columns of the matrices that are multiplied."""
RUNS = 7
BACKWARD = 2
"""Products in the backward pass for each one in the forward pass."""


def main() -> None:
    """Print the rates of the machine and of each recipe's networks."""
    backend.prepare(threads=2)
    keras.utils.set_random_seed(1)
    rate = max(matrix_rate(size) for size in SIZES)
    print(f"matrix products: {rate / 1e9:.0f} GFLOP/s")
    for name in SHAPES:
        for kind, (step, operations) in steps(name).items():
            share = operations / seconds(step) / rate
            print(f"{name}, {kind}: {100 * share:.0f} % of it", flush=True)


def matrix_rate(size: int) -> float:
    """Return floating-point operations a second of a product of two square matrices."""
    one = tf.random.normal((size, size))
    return 2 * size**3 / seconds(tf.function(lambda: tf.matmul(one, one)))


def steps(name: str) -> dict[str, tuple[Callable[[], Any], float]]:
    """Return a training step of each network of a recipe, and its floating-point operations."""
    recipe = project.recipe(name)
    rows, frames = SHAPES[name]
    size = recipe.train.batch_size
    whole = vae.build((rows, frames), recipe.train)
    whole.compile(optimizer="adam", jit_compile=False)
    pictures = np.random.default_rng(1).uniform(size=(size, rows, frames)).astype(np.float32)
    forward = operations(whole.encoder, [pictures]) + operations(
        whole.decoder, [np.zeros((size, frames // 4 * recipe.train.latent_size), np.float32)]
    )
    channels = recipe.train.latent_size
    length = 2 * frames // 4
    count = recipe.prior.flow.batch_size
    network = flow.build(channels, LABELS, 0, recipe.prior.flow)
    scaling = flow_path.Scaling(np.zeros(channels, np.float32), np.ones(channels, np.float32))
    matching = FlowMatching(network, scaling, recipe.prior.flow, 1)
    matching.compile(optimizer="adam", jit_compile=False)
    z = np.zeros((count, length, channels), np.float32)
    numbers = np.ones(count, np.int32)
    inputs = {"mean": z, "deviation": z + 1, "label": numbers, "group": 0 * numbers}
    of_flow = operations(network, [z, np.zeros(count, np.float32), numbers, numbers])
    return {
        "autoencoder": (lambda: whole.train_on_batch(pictures), (1 + BACKWARD) * forward),
        "flow": (lambda: matching.train_on_batch(inputs), (1 + BACKWARD) * of_flow),
    }


def operations(network: keras.Model, inputs: list[Any]) -> float:
    """Count the floating-point operations of a network's products in a forward pass."""
    graph = tf.function(lambda *arrays: network(list(arrays) if len(arrays) > 1 else arrays[0]))
    concrete = graph.get_concrete_function(*map(tf.convert_to_tensor, inputs))
    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    profile = tf.compat.v1.profiler.profile(concrete.graph, options=options)
    return float(profile.total_float_ops)


def seconds(step: Callable[[], Any]) -> float:
    """Return the least time of some runs after the first two, which compile."""
    times = []
    for _ in range(RUNS + 2):
        begun = time.monotonic()
        step()
        times.append(time.monotonic() - begun)
    return min(times[2:])


if __name__ == "__main__":
    main()
