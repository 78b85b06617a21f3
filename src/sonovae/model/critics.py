"""Networks that judge pictures while a decoder learns to please them: real or decoded?

Each sees compressed magnitudes and their logarithm, which shows what is quiet between harmonics.
"""

from typing import Any

import keras
from keras import layers, ops

FLOOR = 0.02
"""Value of a picture that its logarithm begins at: quieter pixels look alike."""
SLOPE = 0.2
"""Slope of the activation below 0."""
PATCHES = ((32, (9, 5), (3, 2)), (64, (5, 3), (2, 2)), (96, (3, 3), (2, 1)))
"""Filters, kernel and strides of the network over patches, along bins and frames."""
FRAMES = 192
"""Filters of the network over frames."""


def views(pictures: Any) -> Any:
    """Stack pictures [N, rows, frames] and their logarithms, both about within ±1: [..., 2]."""
    logarithm = ops.log(ops.maximum(pictures, 0.0) + FLOOR)
    return ops.stack([4 * pictures - 1, (logarithm + 2) / 1.5], axis=-1)


def build(rows: int) -> list[keras.Model]:
    """Build the networks of views [N, rows, frames, 2]; each returns its verdicts, above 0 for
    real, and the outputs of its layers."""
    return [_patches(rows), _frames(rows)]


def _patches(rows: int) -> keras.Model:
    """Network over patches: harmonics, onsets and texture."""
    x = picture = keras.Input((rows, None, 2))
    outputs = []
    for filters, kernel, strides in PATCHES:
        x = layers.Conv2D(filters, kernel, strides, padding="same")(x)
        x = ops.leaky_relu(x, SLOPE)
        outputs.append(x)
    return keras.Model(picture, [layers.Conv2D(1, 3, padding="same")(x), *outputs])


def _frames(rows: int) -> keras.Model:
    """Network over whole frames, whose rows are channels: spectral envelopes in time."""
    picture = keras.Input((rows, None, 2))
    x = layers.Reshape((-1, 2 * rows))(layers.Permute((2, 1, 3))(picture))
    outputs = []
    for stride in (1, 2, 2):
        x = ops.leaky_relu(layers.Conv1D(FRAMES, 3, stride, padding="same")(x), SLOPE)
        outputs.append(x)
    return keras.Model(picture, [layers.Conv1D(1, 3, padding="same")(x), *outputs])
