"""Errors of reconstructed clips, and separation of labels."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import silhouette_score
from sklearn.neighbors import KNeighborsClassifier

from sonovae.arrays import Floats64, Latents, Pictures
from sonovae.codec import spectrogram

RANGE_DB = 80.0
"""Decibels below a clip's loudest bin in which errors can be heard."""
NEIGHBOURS = 5
"""Training clips that vote on a test clip's label; odd, so that two labels cannot tie."""


def squared_error(pictures: Pictures, others: Pictures) -> Floats64:
    """Mean squared error per pixel of each clip [N] of [N, bins, frames]."""
    return np.asarray(np.square(pictures.astype(float) - others).mean(axis=(1, 2)))


def log_spectral_distance(decibels: Pictures, others: Pictures) -> Floats64:
    """Log-spectral distance in dB [N] of spectrograms [N, bins, frames] (Gray and Markel 1976).

    Root mean square difference over bins, averaged over frames. What lies `RANGE_DB` below a
    clip's loudest bin, or lower, counts as silence.
    """
    floor = decibels.astype(float).max(axis=(1, 2), keepdims=True) - RANGE_DB
    difference = np.maximum(decibels, floor) - np.maximum(others, floor)
    return np.asarray(np.sqrt(np.square(difference).mean(axis=1)).mean(axis=1))


def spectral_convergence(decibels: Pictures, others: Pictures) -> Floats64:
    """Spectral convergence in dB [N] of magnitudes that are given in dB [N, bins, frames]."""
    # In double precision, as nearly equal magnitudes are subtracted.
    magnitudes = 10 ** (decibels.astype(float) / 20)
    other_magnitudes = 10 ** (others.astype(float) / 20)
    return np.asarray(spectrogram.convergence_db(magnitudes, other_magnitudes))


def elbo(mse_sampled: Floats64, kl: Floats64, variance: float, pixels: int) -> Floats64:
    """log N(x; x̂, variance) − KL in nats a clip [N] (Kingma and Welling 2014).

    `mse_sampled` [N] is the error per pixel of x̂, decoded from one draw of z.
    """
    return -0.5 * pixels * (np.log(2 * np.pi * variance) + mse_sampled / variance) - kl


def class_separation(
    train: Latents, labels: Sequence[str], test: Latents, test_labels: Sequence[str]
) -> dict[str, float]:
    """Measure how far labels are apart in z [N, latent_size]; empty if that is undefined.

    `silhouette` of the test clips is in [-1, 1] (Rousseeuw 1987). `neighbour_accuracy` is the
    share of them whose label most of their nearest training clips have.
    """
    # The silhouette needs two labels, and one of them twice.
    if not 1 < len(set(test_labels)) < len(test_labels):
        return {}
    nearest = KNeighborsClassifier(min(NEIGHBOURS, len(train))).fit(train, labels)
    return {
        "silhouette": float(silhouette_score(test, test_labels)),
        "neighbour_accuracy": float(nearest.score(test, test_labels)),
    }


def rounded(value: Any) -> Any:
    """Round floats to six significant digits, within dicts too."""
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    return float(f"{value:.6g}") if isinstance(value, float) else value
