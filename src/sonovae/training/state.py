"""How far a training is, and the arrays that a checkpoint of it holds."""

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sonovae.model.vae import VAE
from sonovae.params.train import Train
from sonovae.training.checkpoint import Arrays

Losses = dict[str, float]
Weights = list[NDArray[Any]]


@dataclass(frozen=True)
class State:
    """How far a training is: epochs that are over, batches of the next that are, losses and KL by dimension of each
    epoch, and weights that are kept: those of the lowest validation loss as `best`, those of snapshots by epoch."""

    epoch: int = 0
    batch: int = 0
    losses: list[Losses] = field(default_factory=list)
    kl_by_dim: list[list[float]] = field(default_factory=list)
    kept: dict[str, Weights] = field(default_factory=dict)

    @property
    def best(self) -> int:
        """The epoch of the lowest validation loss, from 1; 0 before the first."""
        return 1 + int(np.argmin([each["val_loss"] for each in self.losses])) if self.losses else 0

    @property
    def snapshots(self) -> dict[int, Weights]:
        """Weights by epoch."""
        return {int(name): weights for name, weights in self.kept.items() if name != "best"}

    def is_over(self, p: Train) -> bool:
        """Whether all epochs are, or `patience` of them came without a lower validation loss."""
        return self.epoch >= p.epochs or (
            p.patience is not None and self.epoch - self.best >= p.patience
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """By epoch: `losses`, and where the prior is normal `kl_by_dim`, in nats."""
        found: dict[str, list[Any]] = {"losses": self.losses, "kl_by_dim": self.kl_by_dim}
        epochs = pd.RangeIndex(1, self.epoch + 1, name="epoch")
        return {
            name: pd.DataFrame(values, index=epochs) for name, values in found.items() if values
        }


def variables(vae: VAE) -> list[Any]:
    """All that changes in training: weights, the noise's state, the optimizer's, and the metrics'."""
    return [*vae.variables, *vae.optimizer.variables, *vae.metrics_variables]


def pack(vae: VAE, state: State) -> Arrays:
    """All that it takes to go on, as arrays by name."""
    if keras.backend.backend() == "jax":
        vae.jax_state_sync()
    lists = {"now": [keras.ops.convert_to_numpy(each) for each in variables(vae)], **state.kept}
    arrays = {
        f"{name}/{i}": each for name, values in lists.items() for i, each in enumerate(values)
    }
    return arrays | {
        "state": np.array(json.dumps({**asdict(replace(state, kept={})), "kept": list(state.kept)}))
    }


def unpack(arrays: Arrays) -> tuple[State, Weights]:
    """The door back: the state, and the variables' values."""
    plain = json.loads(str(arrays["state"]))

    def values(name: str) -> Weights:
        return [
            arrays[f"{name}/{i}"] for i in range(sum(key.startswith(f"{name}/") for key in arrays))
        ]

    return State(**{**plain, "kept": {name: values(name) for name in plain["kept"]}}), values("now")
