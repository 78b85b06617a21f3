"""State of a training, and the arrays that a checkpoint of it holds."""

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import keras
import numpy as np
import pandas as pd

from sonovae.training.checkpoint import Arrays

Losses = dict[str, float]
Weights = list[Any]
"""Arrays in the order of a network's variables."""


@dataclass(frozen=True)
class State:
    """Progress of a training: complete epochs and batches of the next one, losses and KL by
    dimension of each epoch, and kept weights: `best`, of the lowest validation loss, and snapshots
    by epoch."""

    epoch: int = 0
    batch: int = 0
    losses: list[Losses] = field(default_factory=list)
    kl_by_dim: list[list[float]] = field(default_factory=list)
    kept: dict[str, Weights] = field(default_factory=dict)

    @property
    def best(self) -> int:
        """Epoch of the lowest validation loss, from 1; 0 before the first."""
        if not self.losses:
            return 0
        return 1 + int(np.argmin([losses["val_loss"] for losses in self.losses]))

    @property
    def snapshots(self) -> dict[int, Weights]:
        """Kept weights by epoch."""
        return {int(name): weights for name, weights in self.kept.items() if name != "best"}

    def after(self, losses: Losses) -> "State":
        """Return the state one epoch later."""
        return replace(self, epoch=self.epoch + 1, batch=0, losses=[*self.losses, losses])

    def is_over(self, epochs: int, patience: int | None) -> bool:
        """Whether all epochs are complete, or `patience` of them lowered no validation loss."""
        if self.epoch >= epochs:
            return True
        return patience is not None and self.epoch - self.best >= patience

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return tables by epoch: `losses`, and with a normal prior `kl_by_dim` in nats."""
        epochs = pd.RangeIndex(1, self.epoch + 1, name="epoch")
        tables = {"losses": pd.DataFrame(self.losses, index=epochs)}
        if self.kl_by_dim:
            tables["kl_by_dim"] = pd.DataFrame(self.kl_by_dim, index=epochs)
        return tables


def variables(model: Any) -> list[Any]:
    """Return what training changes: weights, noise, optimizer and metrics."""
    return [*model.variables, *model.optimizer.variables, *model.metrics_variables]


def pack(model: Any, state: State) -> Arrays:
    """Return all that resuming a training needs, as arrays by name."""
    if keras.backend.backend() == "jax":
        # Within fit, JAX holds the values outside of Keras' variables.
        model.jax_state_sync()
    now = [keras.ops.convert_to_numpy(variable) for variable in variables(model)]
    arrays: Arrays = {}
    for name, values in {"now": now, **state.kept}.items():
        arrays |= {f"{name}/{i}": value for i, value in enumerate(values)}
    plain = asdict(replace(state, kept={})) | {"kept": list(state.kept)}
    return arrays | {"state": np.array(json.dumps(plain))}


def unpack(arrays: Arrays) -> tuple[State, Weights]:
    """Return the state and the values of the variables that `pack` packed."""
    plain = json.loads(str(arrays["state"]))
    plain["kept"] = {name: _values(arrays, name) for name in plain["kept"]}
    return State(**plain), _values(arrays, "now")


def _values(arrays: Arrays, name: str) -> Weights:
    count = sum(key.startswith(f"{name}/") for key in arrays)
    return [arrays[f"{name}/{i}"] for i in range(count)]
