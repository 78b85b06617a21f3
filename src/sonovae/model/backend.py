"""What Keras computes with: threads, seed, and the devices and workers that the environment names.

How a training is run is no parameter: it does not change what the result is, but for its last digits.
SONOVAE_DEVICES is `one` (the default: a GPU where there is one) or `all` GPUs of the machine. Keras' own variables
share a training between processes, under KERAS_BACKEND=jax: KERAS_DISTRIBUTION_JOB_ADDRESSES, HOST:PORT of the first,
KERAS_DISTRIBUTION_NUM_PROCESSES, and KERAS_DISTRIBUTION_PROCESS_ID, 0 for the first.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from typing import Any

import keras

from sonovae.errors import UserError

ONE, ALL = "one", "all"
WORKER = "KERAS_DISTRIBUTION"


def prepare(threads: int, reproducible: bool = True) -> None:
    """Fix what a result depends on, before anything is computed: threads, and what ~/.keras may say otherwise. Where
    results need not be `reproducible`, TensorFlow's operations run side by side, and sum in an order that timing
    changes; else one after the other, each by a kernel whose order is fixed, here and on GPUs."""
    keras.config.set_floatx("float32")
    keras.config.set_image_data_format("channels_last")
    if keras.backend.backend() == "tensorflow":
        import tensorflow

        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        # Side by side, AddN of three tensors has other last digits at times, by whatever kernels.
        tensorflow.config.threading.set_inter_op_parallelism_threads(1 if reproducible else threads)
        for gpu in tensorflow.config.list_physical_devices(
            "GPU"
        ):  # as much of its memory as is needed, not all
            tensorflow.config.experimental.set_memory_growth(gpu, True)
        if reproducible:
            tensorflow.config.experimental.enable_op_determinism()


def seed(value: int) -> None:
    """Decide the weights that training begins with."""
    keras.utils.set_random_seed(value)


def worker() -> tuple[int, int]:
    """Which worker this process is, from 0, and how many there are."""
    try:
        index, count = (
            int(os.environ.get(f"{WORKER}_{name}", n))
            for name, n in (("PROCESS_ID", 0), ("NUM_PROCESSES", 1))
        )
    except ValueError as error:
        raise UserError(
            f"{WORKER}_PROCESS_ID and {WORKER}_NUM_PROCESSES must be numbers: {error}"
        ) from None
    if not 0 <= index < count:
        raise UserError(
            f"{WORKER}_PROCESS_ID = {index}: it must be less than {WORKER}_NUM_PROCESSES = {count}"
        )
    return index, count


def devices(gpus: Sequence[str], threads: int) -> tuple[list[str], str]:
    """Those of these GPUs that train, none where the processor does, and a line that says so."""
    wanted = os.environ.get("SONOVAE_DEVICES", ONE)
    if wanted not in (ONE, ALL):
        raise UserError(f"SONOVAE_DEVICES = {wanted!r}: it must be {ONE} or {ALL}")
    chosen = list(gpus[:1] if wanted == ONE else gpus)
    index, count = worker()
    where = ", ".join(chosen) or f"the processor, {threads} threads"
    return chosen, f"train: on {where}" + (f"; worker {index + 1} of {count}" if count > 1 else "")


def distribute(threads: int) -> contextlib.AbstractContextManager[Any]:
    """The devices that the environment names; a model that is made within the context trains on all of them."""
    (_, count), name = worker(), keras.backend.backend()
    if count > 1 and name != "jax":
        raise UserError(
            f"{WORKER}_NUM_PROCESSES = {count} needs KERAS_BACKEND=jax, and this is {name}"
        )
    if count > 1:
        keras.distribution.initialize()
    chosen, said = devices(_gpus(), threads)
    print(said, flush=True)
    if name == "jax" and (count > 1 or len(chosen) > 1):
        every = keras.distribution.list_devices() if count > 1 else chosen
        return keras.distribution.DataParallel(devices=every, auto_shard_dataset=False).scope()
    if name == "tensorflow" and len(chosen) > 1:
        import tensorflow

        return tensorflow.distribute.MirroredStrategy(chosen).scope()
    return contextlib.nullcontext()


@contextlib.contextmanager
def within_memory(batch_size: int) -> Iterator[None]:
    """UserError where the memory of the device does not suffice, which each framework says in its own way."""
    try:
        yield
    except Exception as error:
        if "ResourceExhausted" not in type(error).__name__ and "RESOURCE_EXHAUSTED" not in str(
            error
        ):
            raise
        raise UserError(
            f"out of memory: lower train.batch_size = {batch_size}, or the filters of train.encoder and train.decoder"
        ) from None


def _gpus() -> list[str]:
    try:
        return list(keras.distribution.list_devices("gpu"))
    except (
        RuntimeError,
        AttributeError,
    ):  # JAX without one; PyTorch, where Keras takes the GPU by itself
        return []
