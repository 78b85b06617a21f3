"""Texture for the decoder of trained networks, learned against critics after the prior."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd

from sonovae.arrays import Latents, Pictures
from sonovae.dataset.saved_dataset import Dataset
from sonovae.distributions.flow import Flow, Request
from sonovae.model import latent, textured_decoder
from sonovae.model.saved_networks import Networks
from sonovae.model.textured_decoder import TexturedDecoder
from sonovae.params.prior import Adversarial, Prior
from sonovae.training import loop
from sonovae.training.adversarial import Adversaries, FineTuning
from sonovae.training.checkpoint import Checkpoints

MEASURED = 128
"""Draws, and held-out clips at most, whose textures are compared after each epoch."""
STREAM = 2
"""Number of the stream of random draws that the decoder learns from."""

Distance = Callable[[Pictures], float]
"""Function of decoded draws [N, rows, frames]: how far their texture is from recordings'."""


@dataclass(frozen=True)
class Sources:
    """Clips, networks and flow that the decoder learns from, and the measure that chooses it."""

    data: Dataset
    networks: Networks
    flow: Flow
    distance: Distance


def fit(
    sources: Sources, settings: Prior, checkpoints: Checkpoints
) -> tuple[TexturedDecoder, pd.DataFrame]:
    """Fine-tune the decoder on training clips and draws; return it and its losses by epoch."""
    networks = sources.networks
    flow = sources.flow
    built = networks.architecture
    chosen = settings.adversarial
    if built.sequence is None:
        raise ValueError("only decoders of sequences have texture")
    keras.utils.set_random_seed(settings.seed)
    decoder = textured_decoder.build(built)
    textured_decoder.begin_as(networks.decoder, decoder.network)
    train = sources.data.side("train")
    drawn = draws(flow, train.clips["label"].tolist(), chosen, settings.seed)
    measured = drawn[:MEASURED]

    def measure() -> float:
        return sources.distance(latent.decode(decoder, measured))

    model = Adversaries(networks.encoder, decoder.network, chosen, settings.seed)
    frames = built.sequence.crop_frames or built.shape[1]
    crop = (frames, frames // built.sequence.frames)
    sequences = drawn.reshape(len(drawn), -1, flow.channels)
    course = FineTuning(model, train.pictures, sequences, measure, crop, settings.seed)
    state = loop.run(course, checkpoints)
    model.set_weights(state.kept["best"])
    return decoder, state.tables()["losses"]


def draws(flow: Flow, labels: Sequence[str], settings: Adversarial, seed: int) -> Latents:
    """Draw z [N, T′ · C] with the labels of random training clips, in random order."""
    rng = np.random.default_rng([seed, STREAM])
    wanted = rng.choice(np.asarray(labels, str), settings.draws)
    parts = []
    for label in np.unique(wanted):
        known = str(label) if label in flow.labels else None
        request = Request(label=known, guidance=settings.guidance)
        parts.append(flow.draw(int((wanted == label).sum()), request, rng))
    return rng.permutation(np.concatenate(parts))
