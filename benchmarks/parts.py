"""`python -m benchmarks.parts`: parts of a training step's time, for the starter at 256×64.

Batches have 64 pictures. Parts run by themselves, so their sum is only about the step's time.
"""

import os
import time
from collections.abc import Callable
from typing import Any

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "1"}

import numpy as np
import tensorflow as tf

from benchmarks import project
from benchmarks.training import SHAPE
from sonovae.model import architecture, backend, vae

BATCH = 64


def main() -> None:
    """Time each part with TensorFlow's own kernels and with XLA."""
    backend.prepare(threads=2)
    for compiled in (False, True):
        print("XLA" if compiled else "TensorFlow's kernels")
        for name, part in parts(compiled).items():
            print(f"  {name:28} {1000 * seconds(part):6.1f} ms", flush=True)


def parts(compiled: bool) -> dict[str, Callable[[], Any]]:
    """Return the parts by name."""
    settings = project.recipe("starter").train
    whole = vae.build(SHAPE, settings)
    encoder, decoder = whole.encoder, whole.decoder
    whole.compile(optimizer="adam", jit_compile=compiled)
    pictures = tf.random.uniform((BATCH, *SHAPE))
    numbers = architecture.of(SHAPE, settings).numbers
    z = tf.random.normal((BATCH, numbers))
    zeros = [tf.zeros_like(each) for each in whole.trainable_variables]
    whole.optimizer.build(whole.trainable_variables)

    def function(of: Callable[[], Any]) -> Callable[[], Any]:
        return tf.function(of, jit_compile=compiled)

    return {
        "whole step": lambda: whole.train_on_batch(pictures),
        "encoder, forward": function(lambda: encoder(pictures, training=True)),
        "decoder, forward": function(lambda: decoder(z, training=True)),
        "Adam": function(lambda: whole.optimizer.apply(zeros, whole.trainable_variables)),
    }


def seconds(part: Callable[[], Any], times: int = 15) -> float:
    """Return the median of some runs after the first two."""
    found = []
    for _ in range(times):
        began = time.monotonic()
        part()
        found.append(time.monotonic() - began)
    return float(np.median(found[2:]))


if __name__ == "__main__":
    main()
