"""Prior of latent sequences by flow matching: noise moves to latents along learned velocities.

A point moves from noise at time 0 to a standardised latent at time 1: on a straight line in
training (rectified flow: Liu, Gong and Liu 2023), later by Heun's method along the velocities.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from sonovae.arrays import Floats32, Indices, Latents
from sonovae.distributions import flow_network
from sonovae.errors import UserError
from sonovae.params.prior import Flow as FlowSettings
from sonovae.runtime.progress import bar

BATCH = 16
"""Sequences that the network moves at once."""
Condition = tuple[Indices, Indices]
"""Numbers of labels and groups, [n] each; 0 for none."""
LEAST_DEVIATION = 1e-3
"""Smallest standard deviation of a channel: one that never varies must not be divided by 0."""


@dataclass(frozen=True)
class Scaling:
    """Mean and standard deviation of each channel of z, [C] each."""

    mean: Floats32
    deviation: Floats32

    def standardise(self, z: Any) -> Any:
        """Bring z [N, T′, C] to mean 0 and deviation 1."""
        return (z - self.mean) / self.deviation

    def restore(self, z: Any) -> Any:
        """Invert `standardise`."""
        return z * self.deviation + self.mean


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
                path = Path(self, points[rows], condition, request.guidance, known)
                draws.append(path.follow(request.steps, shown.update))
        return np.concatenate(draws).reshape(n, -1)


@dataclass(frozen=True)
class Path:
    """Way of some sequences from noise [n, T′, C] to latents."""

    flow: Flow
    noise: Floats32
    condition: Condition
    guidance: float
    known: tuple[Latents, Any] | None

    def follow(self, steps: int, on_step: Any) -> Floats32:
        """Return z [n, T′, C] at the end of so many steps of Heun's method."""
        z = self.noise
        times = np.linspace(0, 1, steps + 1, dtype=np.float32)
        for now, after in itertools.pairwise(times):
            step = after - now
            first = self.velocity(z, now)
            # The last step stays with Euler's: at time 1 nothing was learned.
            second = self.velocity(z + step * first, after) if after < 1 else first
            z = self.keep(z + step * (first + second) / 2, after)
            on_step()
        return np.asarray(self.flow.scaling.restore(z), np.float32)

    def keep(self, z: Floats32, time: float) -> Floats32:
        """Put known frames where they are at this time of the way."""
        if self.known is None:
            return z
        kept, mask = self.known
        target = self.flow.scaling.standardise(kept)
        on_the_way = (1 - time) * self.noise + time * target
        return np.where(np.asarray(mask)[:, np.newaxis], on_the_way, z).astype(np.float32)

    def velocity(self, z: Floats32, time: float) -> Floats32:
        """Return velocities [n, T′, C], the weighted mean over windows that overlap by half."""
        total = np.zeros_like(z)
        weights = np.zeros((z.shape[1], 1), np.float32)
        length = min(self.flow.frames, z.shape[1])
        # Windows count more in their middle, so that none ends abruptly.
        weight = np.bartlett(length + 2)[1:-1, np.newaxis].astype(np.float32)
        for start in windows(z.shape[1], length):
            part = slice(start, start + length)
            total[:, part] += weight * self._guided(z[:, part], time)
            weights[part] += weight
        return total / weights

    def _guided(self, z: Floats32, time: float) -> Floats32:
        asked = self._predict(z, time, self.condition)
        label, group = self.condition
        if self.guidance == 1 or not (label.any() or group.any()):
            return asked
        nothing = np.zeros_like(label)
        free = self._predict(z, time, (nothing, nothing))
        return free + np.float32(self.guidance) * (asked - free)

    def _predict(self, z: Floats32, time: float, condition: Condition) -> Floats32:
        count = len(z)
        # Always as many rows: no digit of a sequence depends on how many are drawn.
        rows = np.minimum(np.arange(BATCH), count - 1)
        label, group = condition
        times = np.full(BATCH, time, np.float32)
        inputs = [z[rows], times, label[rows], group[rows]]
        return np.asarray(self.flow.network.predict_on_batch(inputs))[:count]


def windows(frames: int, length: int) -> list[int]:
    """Return the first frames of windows that overlap by half at least and cover `frames`."""
    if frames <= length:
        return [0]
    starts = list(range(0, frames - length, max(1, length // 2)))
    return [*starts, frames - length]


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
