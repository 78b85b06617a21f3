"""Prior of trained networks: the distribution of z of the training clips, and their levels."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from sonovae.dataset.saved_dataset import Dataset
from sonovae.distributions.levels import Levels
from sonovae.model import latent
from sonovae.model.saved_networks import Networks
from sonovae.model.saved_prior import Parts
from sonovae.params.prior import Prior
from sonovae.recordings import recordings_table
from sonovae.training import flow_fit, texture_fit
from sonovae.training.checkpoint import Checkpoints
from sonovae.training.flow_fit import Encoded
from sonovae.training.texture_fit import Distance, Sources

Opened = AbstractContextManager[Checkpoints]
"""Checkpoints within a `with` statement."""


@dataclass(frozen=True)
class Learned:
    """Data, networks and parameters that a prior is fitted to; `recordings` is their table."""

    data: Dataset
    networks: Networks
    settings: Prior
    recordings: Path

    def encoded(self, side: str) -> Encoded:
        """Encode the clips of one side of the split."""
        clips = self.data.side(side)
        posterior = latent.encode(self.networks.encoder, clips.pictures)
        return Encoded(posterior, clips.clips["label"].tolist(), self.voices(clips.clips))

    def voices(self, clips: pd.DataFrame) -> list[str]:
        """Return the voice of each clip, from the column that prior.group names; "" without."""
        column = self.settings.group
        if column is None:
            return [""] * len(clips)
        table = recordings_table.used(recordings_table.read(self.recordings))
        hashes = clips["sha256"].tolist()
        return recordings_table.values(table, column, hashes, "prior.group")


def fit(
    learned: Learned,
    checkpoints: Callable[[str], Opened],
    distance: Callable[[Dataset], Distance],
) -> Parts:
    """Fit the prior of networks; validation clips choose its size and when it ends.

    `checkpoints` opens those of a training by its name, flow or texture. `distance` makes a measure
    of texture from held-out clips, for the decoder's fine-tuning.
    """
    settings = learned.settings
    train = learned.encoded("train")
    held_out = learned.encoded("validation")
    density = latent.fit(train.posterior, train.labels, held_out.posterior, settings.seed)
    parts = Parts(settings.kind, density, levels(learned.data.side("train"), train.groups))
    if settings.kind == "mixture":
        return parts
    built = learned.networks.architecture
    with checkpoints("flow") as kept:
        flow, losses = flow_fit.fit(train, held_out, built.latent_size, settings, kept)
    parts = parts.with_flow(flow, losses)
    if not settings.has_texture:
        return parts
    measure = distance(learned.data.side("validation"))
    sources = Sources(learned.data, learned.networks, flow, measure)
    with checkpoints("texture") as kept:
        decoder, losses = texture_fit.fit(sources, settings, kept)
    return parts.with_decoder(decoder, losses)


def levels(train: Dataset, groups: Sequence[str]) -> Levels:
    """Return gain, label and group [N] of each training clip."""
    clips = train.clips
    return Levels(
        clips["gain"].to_numpy(float),
        clips["label"].to_numpy(str),
        np.asarray(groups, str),
    )
