"""Flow prior of trained networks: its network, fitted to the posteriors of training clips."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd

from sonovae.distributions import flow
from sonovae.distributions.flow import Flow
from sonovae.model.latent import Posterior
from sonovae.params.prior import Prior
from sonovae.training import loop
from sonovae.training.checkpoint import Checkpoints
from sonovae.training.flow_training import FlowCourse, FlowMatching, Sequences


@dataclass(frozen=True)
class Encoded:
    """Posteriors of N clips of latent sequences, with the label and the voice of each; "" for
    none."""

    posterior: Posterior
    labels: Sequence[str]
    groups: Sequence[str]


def fit(
    train: Encoded,
    held_out: Encoded,
    channels: int,
    settings: Prior,
    checkpoints: Checkpoints,
) -> tuple[Flow, pd.DataFrame]:
    """Fit a flow to training clips until others become less likely; return it and its losses by
    epoch."""
    sizes = settings.flow
    # It decides the initial weights.
    keras.utils.set_random_seed(settings.seed)
    labels = _names(train.labels)
    groups = _names(train.groups)
    scaling = flow.scaling(train.posterior.mean, train.posterior.log_var, channels)
    network = flow.build(channels, len(labels), len(groups), sizes)
    model = FlowMatching(network, scaling, sizes, settings.seed)

    def sequences(clips: Encoded) -> Sequences:
        return Sequences(
            clips.posterior,
            scaling,
            flow.numbers(clips.labels, labels),
            flow.numbers(clips.groups, groups),
            np.arange(len(clips.labels)),
        )

    course = FlowCourse(model, sequences(train), sequences(held_out), settings.seed)
    state = loop.run(course, checkpoints)
    model.set_weights(state.kept["best"])
    frames = train.posterior.mean.shape[1] // channels
    counts = Counter(label for label in train.labels if label in labels)
    shares = tuple(counts[label] / counts.total() for label in labels)
    fitted = Flow(network, scaling, labels, shares, groups, frames, sizes)
    return fitted, state.tables()["losses"]


def _names(values: Sequence[str]) -> tuple[str, ...]:
    """Return the sorted names; none if there is only one, which would say nothing."""
    names = sorted({value for value in values if value})
    return tuple(names) if len(names) > 1 else ()
