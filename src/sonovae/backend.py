"""What Keras computes with: its threads and its seed."""

import keras


def prepare(threads: int) -> None:
    """Fix what a result depends on, before anything is computed: threads, and what ~/.keras may say otherwise."""
    keras.config.set_floatx("float32")
    keras.config.set_image_data_format("channels_last")
    if keras.backend.backend() == "tensorflow":
        import tensorflow

        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(1)


def seed(value: int) -> None:
    """Decide the weights that training begins with."""
    keras.utils.set_random_seed(value)
