"""Initial weights: the likeliest linear autoencoder, which is probabilistic PCA.

A linear VAE with Gaussian noise has its optimum there (Lucas et al. 2019, "Don't blame the ELBO!"),
which gradients take hundreds of epochs to reach; the networks can learn beyond it.
"""

from typing import Any

import keras
import numpy as np

from sonovae.arrays import Floats64
from sonovae.dataset import baselines
from sonovae.dataset.saved_dataset import Pictures
from sonovae.model import networks

MOST_BYTES = 2**27
"""Bytes of training pictures in memory; beyond it some are drawn at random."""
LEAST_VARIANCE = 1e-6
"""Smallest variance of a pixel's noise: the components may explain all of it."""


def as_pca(encoder: keras.Model, decoder: keras.Model, train: Pictures, seed: int) -> None:
    """Initialise encoder and decoder as the probabilistic PCA of the training pictures. Residual
    layers must still be zero.

    The model is x = W z + m + noise of variance s². With the components U and the variances L along
    them, W = U (L − s²)^½, and z has the mean Wᵀ (x − m) / L and the variance s² / L (Tipping and
    Bishop 1999, equations 6 and 7). A plain autoencoder's z is that mean.
    """
    size = decoder.input_shape[-1]
    pca = baselines.fit(train, size, seed, MOST_BYTES).pca
    noise, variance = _variances(pca, size)
    scale = np.sqrt(np.maximum(variance - noise, 0))
    variance = np.maximum(variance, noise)
    pictures = np.concatenate([pca.mean_[None], pca.components_])
    mean, *components = _features(encoder, pictures)
    # Rows of missing components stay 0: few pictures have fewer than z has dimensions.
    kernel = np.zeros((size, len(mean)))
    kernel[: len(components)] = components
    kernel *= scale[:, None]
    _set(decoder, networks.PROJECT, kernel, mean)
    inverse = kernel.T / variance
    _set(encoder, networks.MEAN, inverse, -mean @ inverse)
    if len(encoder.outputs) > 1:
        log_variance = np.log(noise / variance)
        _set(encoder, networks.LOG_VARIANCE, np.zeros_like(inverse), log_variance)


def _variances(pca: Any, size: int) -> tuple[float, Floats64]:
    """Return the noise's variance, the mean along all other directions, and those along `size`
    components."""
    along = np.zeros(size)
    along[: pca.n_components_] = pca.explained_variance_
    total = pca.explained_variance_.sum() / pca.explained_variance_ratio_.sum()
    others = max(1, len(pca.mean_) - pca.n_components_)
    return max(LEAST_VARIANCE, float(total - along.sum()) / others), along


def _features(encoder: keras.Model, flat: Any) -> Floats64:
    """Return the input of the encoder's last dense layers for pictures [N, pixels]."""
    before = keras.Model(encoder.input, encoder.get_layer(networks.MEAN).input)
    pictures = flat.reshape(-1, *encoder.input_shape[1:]).astype(np.float32)
    (features,) = networks.predict(before, pictures)
    return features.astype(float)


def _set(network: keras.Model, name: str, kernel: Floats64, bias: Floats64) -> None:
    weights = [kernel.astype(np.float32), bias.astype(np.float32)]
    network.get_layer(name).set_weights(weights)
