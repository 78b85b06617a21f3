"""Network of the recipe voices in a plain Keras loop, compared with sonovae's training.

The plain side is the loop of the original systems: layers written out, a train_step with a
GradientTape, TensorFlow's default kernels, and the last epoch's weights. Both sides use the
pictures of `make trial NAME=voices`, batches of 64, ten epochs, and 500·MSE + mean KL.
"""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from keras import layers as k

TRIAL = Path(__file__).parents[1] / ".sonovae" / "trials" / "voices"


class Plain(keras.Model):
    """Encoder, sampling, decoder and both losses, as tutorials write them."""

    def __init__(self) -> None:
        super().__init__()
        x = picture = keras.Input((50, 50, 1))
        for filters in (40, 25):
            x = k.AveragePooling2D(2)(k.Conv2D(filters, 3, activation="relu")(x))
        x = k.Dense(60, "relu")(k.Dense(800, "relu")(k.Flatten()(x)))
        self.encoder = keras.Model(picture, [k.Dense(20)(x), k.Dense(20)(x)])
        y = z = keras.Input((20,))
        for units in (60, 800, 3025):
            y = k.Dense(units, "relu")(y)
        y = k.Conv2DTranspose(40, 3, activation="relu")(
            k.UpSampling2D(2)(k.Reshape((11, 11, 25))(y))
        )
        y = k.Conv2DTranspose(1, 3, activation="relu")(k.UpSampling2D(2)(y))
        self.decoder = keras.Model(z, y)

    def errors(self, pictures: Any) -> tuple[Any, Any]:
        """Return MSE of a sampled z, and KL per dimension."""
        mean, log_var = self.encoder(pictures)
        z = mean + tf.exp(0.5 * log_var) * tf.random.normal(tf.shape(mean))
        kl = -0.5 * tf.reduce_mean(1 + log_var - mean**2 - tf.exp(log_var))
        return tf.reduce_mean((pictures - self.decoder(z)) ** 2), kl

    def train_step(self, pictures: Any) -> dict[str, Any]:
        """Train on one batch."""
        with tf.GradientTape() as tape:
            mse, kl = self.errors(pictures)
            loss = 500 * mse + kl
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights, strict=True))
        return {"mse": mse, "kl": kl}


def ratios() -> dict[str, float]:
    """Return each ratio by name; none if there is no trial."""
    if not (TRIAL / "data/evaluation/metrics.json").exists():
        print(
            "voices: there is no trial yet: "
            "make trial NAME=voices FROM=path/to/the/free-spoken-digit-dataset"
        )
        return {}
    pictures = np.load(TRIAL / "data/pictures/pictures.npy")[..., np.newaxis]
    split = pd.read_csv(TRIAL / "data/pictures/clips.csv")["split"].to_numpy()
    train, test = pictures[split == "train"], pictures[split == "test"]
    plain = Plain()
    plain.compile("adam")
    plain.fit(train, batch_size=64, epochs=10, verbose=2)
    mse, kl = (float(value) for value in plain.errors(test))
    found = json.loads((TRIAL / "data/evaluation/metrics.json").read_text())["test"]
    print(f"voices: test MSE, z sampled: {found['mse_sampled']:.4f}, plain {mse:.4f}")
    print(f"voices: KL a dimension: {found['kl_per_dim']:.4f}, plain {kl:.4f}")
    return {"voices_mse": found["mse_sampled"] / mse, "voices_kl": found["kl_per_dim"] / kl}
