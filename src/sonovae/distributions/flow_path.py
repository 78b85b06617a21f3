"""Way from noise to latents: Heun's method along a network's velocities, over windows."""

import itertools
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from sonovae.arrays import Floats32, Indices, Latents

BATCH = 16
"""Windows that the network moves at once."""
Condition = tuple[Indices, Indices]
"""Numbers of labels and groups, [n] each; 0 for none."""


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


@dataclass(frozen=True)
class Path:
    """Way of some sequences from noise [n, T′, C] to latents, by a network of `frames` frames."""

    network: keras.Model
    scaling: Scaling
    frames: int
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
        return np.asarray(self.scaling.restore(z), np.float32)

    def keep(self, z: Floats32, time: float) -> Floats32:
        """Put known frames where they are at this time of the way."""
        if self.known is None:
            return z
        kept, mask = self.known
        target = self.scaling.standardise(kept)
        on_the_way = (1 - time) * self.noise + time * target
        return np.where(np.asarray(mask)[:, np.newaxis], on_the_way, z).astype(np.float32)

    def velocity(self, z: Floats32, time: float) -> Floats32:
        """Return velocities [n, T′, C], the weighted mean over windows that overlap by half."""
        frames = z.shape[1]
        length = min(self.frames, frames)
        starts = windows(frames, length)
        # All windows of all sequences together fill the network's batches.
        parts = np.concatenate([z[:, start : start + length] for start in starts])
        velocities = self._guided(parts, time, len(starts))
        # Windows count more in their middle, so that none ends abruptly.
        weight = np.bartlett(length + 2)[1:-1, np.newaxis].astype(np.float32)
        total = np.zeros_like(z)
        weights = np.zeros((frames, 1), np.float32)
        for start, velocity in zip(starts, np.split(velocities, len(starts)), strict=True):
            total[:, start : start + length] += weight * velocity
            weights[start : start + length] += weight
        return total / weights

    def _guided(self, parts: Floats32, time: float, count: int) -> Floats32:
        """Return velocities of `count` windows of each sequence [n · count, length, C]."""
        label = np.tile(self.condition[0], count)
        group = np.tile(self.condition[1], count)
        asked = self._predict(parts, time, (label, group))
        if self.guidance == 1 or not (label.any() or group.any()):
            return asked
        nothing = np.zeros_like(label)
        free = self._predict(parts, time, (nothing, nothing))
        return free + np.float32(self.guidance) * (asked - free)

    def _predict(self, parts: Floats32, time: float, condition: Condition) -> Floats32:
        label, group = condition
        outputs = []
        for start in range(0, len(parts), BATCH):
            count = min(BATCH, len(parts) - start)
            # Always as many rows: no digit of a sequence depends on how many are drawn.
            rows = start + np.minimum(np.arange(BATCH), count - 1)
            times = np.full(BATCH, time, np.float32)
            inputs = [parts[rows], times, label[rows], group[rows]]
            outputs.append(np.asarray(self.network.predict_on_batch(inputs))[:count])
        return np.concatenate(outputs)


def windows(frames: int, length: int) -> list[int]:
    """Return the first frames of windows that overlap by half at least and cover `frames`."""
    if frames <= length:
        return [0]
    starts = list(range(0, frames - length, max(1, length // 2)))
    return [*starts, frames - length]
