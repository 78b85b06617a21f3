"""Prior of latent sequences by flow matching: noise moves to latents along learned velocities.

A point moves from noise at time 0 to a standardised latent at time 1: on a straight line in
training (rectified flow: Liu, Gong and Liu 2023), later by Heun's method along the velocities.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from sonovae.arrays import Indices, Latents
from sonovae.distributions import flow_network
from sonovae.distributions.flow_path import BATCH, Condition, Path, Scaling
from sonovae.errors import UserError
from sonovae.params.prior import Flow as FlowSettings
from sonovae.runtime.progress import bar

LEAST_DEVIATION = 1e-3
"""Smallest standard deviation of a channel: one that never varies must not be divided by 0."""


def scaling(mean: Latents, log_var: Latents, channels: int) -> Scaling:
    """Return the scaling of points of posteriors with means and log variances [N, T′ · C]."""
    means = mean.reshape(-1, channels).astype(float)
    within = np.exp(log_var.reshape(-1, channels).astype(float))
    variance = means.var(axis=0) + within.mean(axis=0)
    deviation = np.maximum(np.sqrt(variance), LEAST_DEVIATION)
    return Scaling(means.mean(axis=0).astype(np.float32), deviation.astype(np.float32))


@dataclass(frozen=True)
class Request:
    """Label and group of draws by name, one for all or one for each, None for any; the flow's steps
    and guidance.

    `guidance` w moves along v + (w − 1) (v − v₀), where v₀ knows no condition (Ho and Salimans
    2022): 1 is the distribution of the recordings, more is more typical of the condition. The
    noise that a draw begins with is multiplied by `temperature`.
    """

    label: str | Sequence[str] | None = None
    group: str | Sequence[str] | None = None
    temperature: float = 1.0
    steps: int = 16
    guidance: float = 1.3


@dataclass(frozen=True)
class Flow:
    """A trained flow over latent sequences of `frames` frames, the windows that it learned from;
    `shares` [L] are those of the labels among the training clips."""

    network: keras.Model
    scaling: Scaling
    labels: tuple[str, ...]
    shares: tuple[float, ...]
    groups: tuple[str, ...]
    frames: int
    sizes: FlowSettings

    @property
    def channels(self) -> int:
        """Numbers of z in a latent frame."""
        return len(self.scaling.mean)

    def condition(self, request: Request, n: int) -> Condition:
        """Return the numbers of label and group of n draws, [n] each.

        Raises UserError if there is no such label or group.
        """
        label = _asked(request.label, self.labels, "label", n)
        return label, _asked(request.group, self.groups, "group", n)

    def random_labels(self, n: int, rng: np.random.Generator) -> list[str] | None:
        """Draw n labels as often as training clips have them; None if there are no labels."""
        return rng.choice(self.labels, n, p=self.shares).tolist() if self.labels else None

    def draw(
        self,
        n: int,
        request: Request,
        rng: np.random.Generator,
        frames: int | None = None,
        known: tuple[Latents, Any] | None = None,
    ) -> Latents:
        """Draw n sequences [n, T′ · C] of so many latent frames, by default of a window's.

        `known` holds z [T′, C] and a mask [T′] of the frames to keep: the others are filled in.
        Raises UserError if there is no such label or group.
        """
        label, group = self.condition(request, n)
        length = frames or self.frames
        shape = (length, self.channels)
        # A generator for each: the first sequences are the same whatever n is.
        noise = [each.standard_normal(shape, np.float32) for each in rng.spawn(n)]
        points = np.float32(request.temperature) * np.stack(noise)
        draws = []
        with bar(request.steps * -(-n // BATCH), "draw", "steps") as shown:
            for start in range(0, n, BATCH):
                rows = slice(start, start + BATCH)
                condition = (label[rows], group[rows])
                path = Path(
                    self.network,
                    self.scaling,
                    self.frames,
                    points[rows],
                    condition,
                    request.guidance,
                    known,
                )
                draws.append(path.follow(request.steps, shown.update))
        return np.concatenate(draws).reshape(n, -1)


def build(channels: int, labels: int, groups: int, settings: FlowSettings) -> keras.Model:
    """Build the network of a flow with random weights."""
    return flow_network.build(channels, labels, groups, settings)


def _asked(names: str | Sequence[str] | None, known: tuple[str, ...], kind: str, n: int) -> Indices:
    """Return the numbers [n] of what is asked for; raise UserError for a name that is unknown."""
    if names is None:
        return np.zeros(n, np.int32)
    wanted = [names] * n if isinstance(names, str) else names
    for name in wanted:
        if name not in known:
            others = ", ".join(known) or f"no {kind}s"
            raise UserError(f"generate.{kind} = {name!r}: the prior knows {others}")
    return numbers(wanted, known)


def numbers(names: Any, known: tuple[str, ...]) -> Indices:
    """Return the numbers [N] of labels or groups by name, 0 for one that is not known."""
    places = {name: n for n, name in enumerate(known, start=1)}
    return np.array([places.get(str(name), 0) for name in names], np.int32)
