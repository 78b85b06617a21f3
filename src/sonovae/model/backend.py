"""Threads, kernels, devices and workers with which Keras computes.

They change only the last digits of a result. SONOVAE_DEVICES is `one` (by default: a GPU if there
is one) or `all` GPUs of the machine. Processes share a training under KERAS_BACKEND=jax by Keras'
own KERAS_DISTRIBUTION_JOB_ADDRESSES, HOST:PORT of the first one, KERAS_DISTRIBUTION_NUM_PROCESSES,
their count, and KERAS_DISTRIBUTION_PROCESS_ID, which counts from 0.
"""

import contextlib
import logging
import os
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np

from sonovae.errors import UserError

logger = logging.getLogger(__name__)

WORKER = "KERAS_DISTRIBUTION"
"""Prefix of Keras' variables for several processes."""


def prepare(threads: int, reproducible: bool = True) -> None:
    """Set the threads and kernels of a process; entry points do so before any computation, after
    which TensorFlow refuses another number of threads."""
    # ~/.keras/keras.json may say otherwise.
    keras.config.set_floatx("float32")
    keras.config.set_image_data_format("channels_last")
    if keras.backend.backend() != "tensorflow":
        return
    import tensorflow

    config = tensorflow.config
    config.threading.set_intra_op_parallelism_threads(threads)
    # Side by side, AddN of three tensors has other last digits at times, whatever the kernels.
    at_once = 1 if reproducible else threads
    config.threading.set_inter_op_parallelism_threads(at_once)
    # By default TensorFlow reserves all memory of a GPU.
    for gpu in config.list_physical_devices("GPU"):
        config.experimental.set_memory_growth(gpu, True)
    if reproducible:
        # Kernels that sum in a fixed order, also on a GPU.
        config.experimental.enable_op_determinism()


def reseed(generator: keras.random.SeedGenerator, seed: int, epoch: int) -> None:
    """Set the state of a generator by the seed of a training and an epoch, counted from 0."""
    # So that a training can be resumed at any epoch.
    rng = np.random.default_rng([seed, epoch])
    generator.state.assign(rng.integers(2**32, size=2, dtype=np.uint32))


def jit() -> str | bool:
    """Return Keras' `jit_compile`: XLA under JAX only."""
    # TensorFlow's own kernels train faster (docs/performance.md), and XLA does not know variables
    # on many GPUs.
    return "auto" if keras.backend.backend() == "jax" else False


def worker() -> tuple[int, int]:
    """Return the number of this process among a training's workers, from 0, and their count."""
    try:
        index = int(os.environ.get(f"{WORKER}_PROCESS_ID", "0"))
        count = int(os.environ.get(f"{WORKER}_NUM_PROCESSES", "1"))
    except ValueError as error:
        names = f"{WORKER}_PROCESS_ID and {WORKER}_NUM_PROCESSES"
        raise UserError(f"{names} must be numbers: {error}") from None
    if not 0 <= index < count:
        rule = f"it must be less than {WORKER}_NUM_PROCESSES = {count}"
        raise UserError(f"{WORKER}_PROCESS_ID = {index}: {rule}")
    return index, count


def devices(gpus: Sequence[str], threads: int) -> tuple[list[str], str]:
    """Choose the GPUs that train, none if the processor does, and a line that names them."""
    wanted = os.environ.get("SONOVAE_DEVICES", "one")
    if wanted not in ("one", "all"):
        raise UserError(f"SONOVAE_DEVICES = {wanted!r}: it must be one or all")
    chosen = list(gpus[:1] if wanted == "one" else gpus)
    where = ", ".join(chosen) or f"the processor, {threads} threads"
    index, count = worker()
    if count > 1:
        where += f"; worker {index + 1} of {count}"
    return chosen, f"train: on {where}"


def distribute(threads: int) -> contextlib.AbstractContextManager[Any]:
    """Return a context in which a new model trains on all devices that the environment names."""
    _, count = worker()
    name = keras.backend.backend()
    if count > 1 and name != "jax":
        rule = f"needs KERAS_BACKEND=jax, and this is {name}"
        raise UserError(f"{WORKER}_NUM_PROCESSES = {count} {rule}")
    if count > 1:
        # JAX lists the devices of all processes only after they have met.
        keras.distribution.initialize()
    chosen, line = devices(_gpus(), threads)
    logger.info(line)
    if name == "jax" and (count > 1 or len(chosen) > 1):
        shared = keras.distribution.list_devices() if count > 1 else chosen
        parallel = keras.distribution.DataParallel
        # Each worker reads its own share of a batch, so Keras must not split it again.
        return parallel(devices=shared, auto_shard_dataset=False).scope()
    if name == "tensorflow" and len(chosen) > 1:
        import tensorflow

        return tensorflow.distribute.MirroredStrategy(chosen).scope()
    return contextlib.nullcontext()


@contextlib.contextmanager
def within_memory(batch_size: int) -> Iterator[None]:
    """Raise UserError if the device runs out of memory within the context."""
    try:
        yield
    except Exception as error:
        # TensorFlow has a class of its own for this, JAX a text.
        by_class = "ResourceExhausted" in type(error).__name__
        if not by_class and "RESOURCE_EXHAUSTED" not in str(error):
            raise
        raise UserError(
            f"out of memory: lower train.batch_size = {batch_size}, or the filters of"
            " train.encoder and train.decoder"
        ) from None


def _gpus() -> list[str]:
    try:
        return list(keras.distribution.list_devices("gpu"))
    except (RuntimeError, AttributeError):
        # RuntimeError: JAX without a GPU. AttributeError: PyTorch, where Keras finds it by itself.
        return []
