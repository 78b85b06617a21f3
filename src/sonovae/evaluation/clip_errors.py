"""How near reconstructions of the test clips come: a table of clips, and what it sums up to."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sonovae.arrays import Floats32
from sonovae.codec.base import Codec
from sonovae.codec.scaling import Scale
from sonovae.dataset.baselines import Floors
from sonovae.dataset.saved_dataset import Dataset
from sonovae.evaluation import metrics
from sonovae.model import latent, saved_model
from sonovae.model.latent import Posterior
from sonovae.model.saved_model import Model
from sonovae.recordings.schema import CLIP_KEY
from sonovae.runtime.progress import progress

WHOSE = [*CLIP_KEY, "label", "group"]
"""Columns that say which clip a row is of."""


def measure(
    trained: Model,
    folder: Path,
    c: Codec,
    test: Dataset,
    floors: Floors,
    variance: float,
    seed: int,
) -> pd.DataFrame:
    """A row for each test clip. Of its picture as decoded from the posterior's mean: `mse`, and of sounds
    `log_spectral_distance_db` and `spectral_convergence_db`. With a prior: `mse_sampled` of a draw, `kl` and `elbo` in
    nats, the likelihood being a Gaussian of `variance`. The errors of `mean_picture` and `pca`, and as `epoch_N` that
    of each snapshot in the model's folder."""
    rng, found = np.random.default_rng(seed), list[pd.DataFrame]()
    for piece in progress(test.pieces(), "evaluate", "pieces of the test split"):
        clips, x = piece.clips, piece.pictures[:]
        posterior = latent.encode(trained.encoder, x)
        restored = latent.decode(trained.decoder, posterior.mean)
        columns = {"mse": metrics.squared_error(x, restored)} | _in_decibels(c, clips, x, restored)
        columns |= _of_draws(trained, x, posterior, variance, rng)
        columns |= {"mean_picture": metrics.squared_error(x, floors.mean[np.newaxis])}
        columns |= {"pca": metrics.squared_error(x, floors.restore(x))}
        found.append(clips[WHOSE].assign(**columns))
    snapshots = {
        f"epoch_{n}": _errors(encoder, decoder, test)
        for n, encoder, decoder in saved_model.snapshots(folder)
    }
    return pd.concat(found, ignore_index=True).assign(**snapshots)


def read(path: Path) -> pd.DataFrame:
    """`measure`'s table, as a CSV holds it; a label may be called NA."""
    return pd.read_csv(path, converters={"label": str, "group": str})


def _in_decibels(
    codec: Codec, clips: pd.DataFrame, x: Floats32, restored: Floats32
) -> dict[str, Any]:
    scales = codec.clip_scales(clips)
    real = _decibels(codec, x, scales)
    reconstructed = _decibels(codec, restored, scales)
    if real is None or reconstructed is None:
        return {}
    return {
        "log_spectral_distance_db": metrics.log_spectral_distance(real, reconstructed),
        "spectral_convergence_db": metrics.spectral_convergence(real, reconstructed),
    }


def _decibels(codec: Codec, pictures: Floats32, scales: list[Scale]) -> Floats32 | None:
    """Decibels [N, bins, frames] of pictures; None if they are of images."""
    decibels = [codec.decibels(*pair) for pair in zip(pictures, scales, strict=True)]
    known = [values for values in decibels if values is not None]
    return np.stack(known) if known else None


def _of_draws(
    trained: Model, x: Floats32, posterior: Posterior, variance: float, rng: np.random.Generator
) -> dict[str, Any]:
    if trained.space.prior is None:
        return {}
    error = metrics.squared_error(x, latent.decode(trained.decoder, posterior.sample(rng)))
    kl = latent.kl_divergence(posterior, trained.space.prior, rng)
    elbo = metrics.elbo(error, kl, variance, x[0].size)
    found = {
        "mse_sampled": error,
        "kl": kl,
        "kl_per_dim": kl / posterior.mean.shape[1],
        "elbo": elbo,
    }
    return found | {"bits_per_dim": -elbo / (x[0].size * np.log(2))}


def _errors(encoder: Any, decoder: Any, test: Dataset) -> NDArray[np.float64]:
    pictures = (piece.pictures[:] for piece in test.pieces())
    return np.concatenate(
        [metrics.squared_error(x, latent.reconstruct(encoder, decoder, x)) for x in pictures]
    )


def summary(table: pd.DataFrame, resamples: int, seed: int) -> dict[str, dict[str, Any]]:
    """Of `measure`'s table: `test`, `floors` and `snapshots`, and the 95 % `interval` of each."""
    columns = [name for name in table if name not in WHOSE]

    def statistics(rows: Any) -> dict[str, float]:
        mean = table[columns].iloc[rows].mean().to_dict()
        more = {"r2": 1 - mean["mse"] / mean["mean_picture"]} if mean["mean_picture"] else {}
        return mean | more | {"pca_ratio": mean["mse"] / mean["pca"]}

    found = statistics(slice(None))
    floors = {name: found.pop(name) for name in ("mean_picture", "pca")}
    snapshots = {name: found.pop(name) for name in list(found) if name.startswith("epoch_")}
    sure = metrics.intervals(statistics, table["group"].tolist(), resamples, seed)
    sections = {"test": found, "floors": floors} | ({"snapshots": snapshots} if snapshots else {})
    return sections | {
        "interval": {name: {"low": low, "high": high} for name, (low, high) in sure.items()}
    }


def breakdown(table: pd.DataFrame) -> pd.DataFrame:
    """Means of the numbers by label and by group, and how many clips they are of."""
    numbers = table.drop(columns=WHOSE)
    parts = []
    for by in ("label", "group"):
        grouped = numbers.groupby(table[by])
        parts.append(
            grouped.mean().assign(by=by, clips=grouped.size()).rename_axis("value").reset_index()
        )
    found = pd.concat(parts, ignore_index=True)
    return found[["by", "value", "clips", *numbers.columns]]
