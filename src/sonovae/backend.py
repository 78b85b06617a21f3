"""What Keras computes with: its threads and its seed."""

import keras


def prepare(threads: int) -> None:
    """Fix what the last digits of a result depend on, before anything is computed."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow

        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(1)


def seed(value: int) -> None:
    """Decide the weights that training begins with."""
    keras.utils.set_random_seed(value)
