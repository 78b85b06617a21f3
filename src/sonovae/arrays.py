"""Names of the arrays that pass between packages: one home, one meaning each."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats32 = NDArray[np.float32]
"""Single precision, of the shape that the docstring at hand gives."""
Floats64 = NDArray[np.float64]
"""Double precision, of the shape that the docstring at hand gives."""
Floats = NDArray[np.floating[Any]]
"""Any precision."""
Indices = NDArray[np.int64]
"""Row numbers, from 0."""
Flags = NDArray[np.bool_]
"""Truth values."""

Samples = Floats32
"""Mono samples [n], full scale being ±1."""
Magnitude = Floats32
"""Magnitudes of a short-time Fourier transform [1 + n_fft / 2, frames], ≥ 0."""
Spectrogram = Floats32
"""Magnitudes or decibels [bins, frames] before they are scaled to a picture."""
Picture = Floats32
"""A scaled spectrogram, or an image [rows, columns] in [0, 1]."""
Pictures = Floats32
"""Pictures [N, rows, columns] in [0, 1]."""
Item = Floats32
"""Input of a codec: a clip's samples [n], or an image [rows, columns] in [0, 1]."""
Latents = Floats32
"""Points of the latent space z [N, latent_size]."""
Embeddings = Floats
"""A row of features for each item [N, D]."""
