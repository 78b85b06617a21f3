"""Trainings of seconds that can be killed and resumed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from sonovae.dataset import saved_dataset
from sonovae.dataset.saved_dataset import Dataset
from sonovae.model import priors, vae
from sonovae.training import trainer
from sonovae.training.checkpoint import Checkpoints
from sonovae.training.state import State
from tests.making.pictures import build, train
from tests.making.recordings import table


def made(folder: Path) -> Dataset:
    """40 clips for training, 10 for validation."""
    return saved(folder, np.random.default_rng(1).uniform(size=(50, 8, 8)))


def saved(folder: Path, pictures: NDArray[np.float64]) -> Dataset:
    """All but the last ten of them for training."""
    (folder / "pictures").mkdir()
    clips = table(len(pictures)).assign(
        split=["train"] * (len(pictures) - 10) + ["validation"] * 10
    )
    saved_dataset.save(folder / "pictures", pictures.astype(np.float32), clips, "float32")
    return saved_dataset.load(folder / "pictures")


def checkpoints(folder: Path) -> Checkpoints:
    folder.mkdir(exist_ok=True)
    return Checkpoints(folder)


def nothing(epoch: int, losses: dict[str, float]) -> None:
    pass


def fit(
    data: Dataset, folder: Path, on_epoch: Callable[..., None] = nothing, **changes: Any
) -> State:
    """A new process would begin like this."""
    keras.backend.clear_session()
    usual = {
        "latent_size": 3,
        "epochs": 4,
        "batch_size": 8,
        "kl_warmup_epochs": 2,
        "schedule": "cosine",
    }
    usual |= {"time_warp": 0.2}
    p = train(**usual | {"snapshots": []} | changes)
    prior = priors.build(p.prior, p.latent_size, p.components)
    whole = build(prior, vae.terms(p, prior), size=p.latent_size)
    kept = checkpoints(folder)
    try:
        return trainer.fit(whole, data, p, kept, on_epoch)
    finally:
        kept.wait()


def equal(one: State, other: State) -> bool:
    pairs = zip(one.kept["best"], other.kept["best"], strict=True)
    return one.losses == other.losses and all(np.array_equal(a, b) for a, b in pairs)


class Killed(BaseException):
    """As kill -9 would: nothing is done any more."""


def kill_after(epochs: int) -> Callable[..., None]:
    def on_epoch(epoch: int, losses: dict[str, float]) -> None:
        if epoch == epochs:
            raise Killed

    return on_epoch
