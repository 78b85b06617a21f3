"""Untrained models of sequences, with a flow, that make sounds of any length."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd

from sonovae import params
from sonovae.codec import saved_codec
from sonovae.codec.scaling import Scale
from sonovae.codec.sound_codec import SoundCodec
from sonovae.distributions import flow
from sonovae.distributions.density import Density
from sonovae.distributions.flow import Flow, Scaling
from sonovae.distributions.levels import Levels
from sonovae.generation import studio
from sonovae.generation.studio import Studio
from sonovae.model import saved_networks, saved_prior
from sonovae.model.architecture import Architecture
from sonovae.model.saved_prior import Parts
from sonovae.params.preprocess import Picture, Spectrogram, Waveform
from sonovae.params.prior import Flow as FlowSettings
from sonovae.params.sections import GriffinLim
from sonovae.params.train import Sequence
from tests.making.densities import standard_normal

RATE = 8000
HOP = 64
CHANNELS = 3
FRAMES = 16
"""Latent frames of a clip."""
CLIP = 63 * HOP
"""Samples of a clip, whose picture has 64 frames."""
SEQUENCE = Sequence(halvings=2, filters=8, maps=2, crop_frames=None)
FLOW = FlowSettings(
    layers=1,
    width=8,
    heads=2,
    label_dropout=0.1,
    group_dropout=0.4,
    learning_rate=1e-3,
    batch_size=8,
    epochs=2,
    patience=None,
)


def codec(mask_row: bool = False, clip_seconds: float = CLIP / RATE) -> SoundCodec:
    """A codec of 40 bins, or 39 and the mask row, at 8 kHz."""
    waveform = {
        "sample_rate": RATE,
        "peak_dbfs": -1.0,
        "silence": None,
        "clip_seconds": clip_seconds,
        "fade_seconds": 0.0,
        "rest": "pad",
        "max_clips": None,
    }
    spectrum = {
        "n_fft": 256,
        "win_length": 256,
        "hop_length": HOP,
        "window": "hann",
        "mel_bands": None,
        "scale": "power",
        "power": 0.3,
        "dynamic_range_db": None,
    }
    picture = {
        "bins": 40 - mask_row,
        "frames": 64,
        "scaling": "fixed",
        "range": [0.0, 4.0],
        "size": None,
        "interpolation": None,
        "mask_row": mask_row,
    }
    return SoundCodec(
        params.parse(picture, Picture),
        Scale(0.0, 4.0, 1.0),
        params.parse(waveform, Waveform),
        params.parse(spectrum, Spectrogram),
    )


def save(folder: Path, of: SoundCodec, with_flow: bool = True) -> Path:
    """Write a model and its prior; return the model's folder."""
    model = folder / "data/model"
    for name in ("codec", "data/model", "data/prior"):
        (folder / name).mkdir(parents=True)
    saved_codec.save(folder / "codec", of)
    keras.utils.set_random_seed(1)
    built = Architecture(of.shape, CHANNELS, "normal", SEQUENCE, None, None)
    rng = np.random.default_rng(1)
    encoder, decoder = built.build()
    # Weights that are larger than usual, and no zeros: z must be heard.
    for network in (encoder, decoder):
        network.set_weights([w + rng.normal(0, 0.15, w.shape) for w in network.get_weights()])
    pair = (encoder, decoder)
    saved_networks.save(model, built, pair, standard_normal(CHANNELS * FRAMES), 2, folder / "codec")
    parts = Parts("flow" if with_flow else "mixture", by_label(), levels())
    if with_flow:
        parts = parts.with_flow(random_flow(rng), pd.DataFrame())
    saved_prior.save(folder / "data/prior", parts, saved_networks.identify(model))
    return model


def load(model: Path, **settings: Any) -> Studio:
    """Open a model with a quick inverse."""
    return studio.load(model, GriffinLim(iterations=2, momentum=0.99), **settings)


def by_label() -> Density:
    """Two Gaussians over the z of a clip, one of each label."""
    size = CHANNELS * FRAMES
    means = np.stack([np.full(size, 0.5), np.full(size, -0.5)])
    return Density(np.full(2, 0.5), means, np.eye(size)[np.newaxis], np.array(["hi", "lo"]))


def levels() -> Levels:
    """Gains of four clips of two labels and two groups."""
    gains = np.array([1.0, 1.25, 8, 10])
    labels = np.array(["hi", "hi", "lo", "lo"])
    return Levels(gains, labels, np.array(["ann", "bob", "ann", "bob"]))


def random_flow(rng: np.random.Generator) -> Flow:
    """A flow with random weights, over the latent frames of a clip."""
    network = flow.build(CHANNELS, 2, 2, FLOW)
    # Layers that begin with zeros would make every velocity 0.
    network.set_weights([rng.normal(0, 0.3, w.shape) for w in network.get_weights()])
    scaling = Scaling(np.zeros(CHANNELS, np.float32), np.ones(CHANNELS, np.float32))
    return Flow(network, scaling, ("hi", "lo"), (0.25, 0.75), ("ann", "bob"), FRAMES, FLOW)
