"""Weights that training begins with: those of the linear autoencoder that is likeliest, probabilistic PCA.

A linear VAE with Gaussian noise has its optimum there (Lucas et al. 2019, "Don't blame the ELBO!"), which gradients
take hundreds of epochs to come near to; what the networks can do beyond it is left to them.
"""

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from sonovae.dataset import baselines
from sonovae.dataset.saved_dataset import Pictures
from sonovae.model import networks

Array = NDArray[np.float32]

MOST_BYTES = 2**27
"""Of training pictures in memory, drawn at random where there are more."""
LEAST_VARIANCE = 1e-6
"""Of a pixel, beside the components."""


def as_pca(encoder: keras.Model, decoder: keras.Model, train: Pictures, seed: int) -> None:
    """Let networks that are linear by now, but for their dense layers beside z, be the probabilistic PCA of training
    pictures. Of x = W z + m + noise of variance s², with the components U and the variances L along them:

    W = U (L − s²)^½, and z has the mean W' (x − m) / L and the variance s² / L (Tipping and Bishop 1999, equations 6
    and 7). Components that are missing, where there are few pictures, get W = 0 and the prior's variance. A plain
    autoencoder's z is that mean, which brings back what PCA does but for a share s² / L.
    """
    pca = baselines.fit(train, decoder.input_shape[-1], seed, MOST_BYTES).pca
    noise, variance = _variances(pca, decoder.input_shape[-1])
    scale = np.sqrt(np.maximum(variance - noise, 0))
    variance = np.maximum(variance, noise)
    mean, *components = _features(encoder, np.concatenate([pca.mean_[None], pca.components_]))
    kernel = np.zeros((len(scale), len(mean)))
    kernel[: len(components)] = components
    kernel *= scale[:, None]
    _set(decoder, networks.PROJECT, kernel, mean)
    there = kernel.T / variance
    _set(encoder, networks.MEAN, there, -mean @ there)
    if len(encoder.outputs) > 1:
        _set(encoder, networks.LOG_VARIANCE, np.zeros_like(there), np.log(noise / variance))


def _variances(pca: Any, size: int) -> tuple[float, NDArray[np.float64]]:
    """That of the noise, the mean of what is left along all other directions; those along `size` components."""
    found = np.zeros(size)
    found[: pca.n_components_] = pca.explained_variance_
    total = pca.explained_variance_.sum() / pca.explained_variance_ratio_.sum()
    left = max(1, len(pca.mean_) - pca.n_components_)
    return max(LEAST_VARIANCE, float(total - found.sum()) / left), found


def _features(encoder: keras.Model, flat: Array) -> NDArray[np.float64]:
    """Pictures [N, pixels] → what comes to the dense layers of the encoder, in their order."""
    before = keras.Model(encoder.input, encoder.get_layer(networks.MEAN).input)
    (found,) = networks.predict(
        before, flat.reshape(-1, *encoder.input_shape[1:]).astype(np.float32)
    )
    return found.astype(float)


def _set(
    network: keras.Model, name: str, kernel: NDArray[np.float64], bias: NDArray[np.float64]
) -> None:
    network.get_layer(name).set_weights([kernel.astype(np.float32), bias.astype(np.float32)])
