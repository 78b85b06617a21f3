"""Errors of the test clips' reconstructions: a table with a row for each, and its summary."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sonovae.arrays import Floats64, Pictures, Spectrogram
from sonovae.codec.base import Codec
from sonovae.codec.scaling import Scale
from sonovae.dataset.saved_dataset import Dataset
from sonovae.evaluation import metrics
from sonovae.evaluation.inputs import Inputs
from sonovae.model import latent, saved_networks
from sonovae.model.latent import Posterior
from sonovae.quality import bootstrap
from sonovae.recordings.schema import CLIP_KEY
from sonovae.runtime.progress import progress

WHOSE = [*CLIP_KEY, "label", "group"]
"""Columns that say which clip a row is of."""


def measure(inputs: Inputs) -> pd.DataFrame:
    """Return a row of errors for each test clip, decoded from its posterior mean.

    `mse`; of sounds `log_spectral_distance_db` and `spectral_convergence_db`; with a prior
    `mse_sampled` of a draw, `kl` and `elbo` in nats; `mean_picture` and `pca`; `epoch_N` of each
    snapshot of the model.
    """
    # One generator for all pieces: draws depend on the clips' order.
    rng = np.random.default_rng(inputs.settings.seed)
    studio = inputs.studio
    baselines = inputs.baselines
    parts = []
    for piece in progress(inputs.test.pieces(), "evaluate", "pieces of the test split"):
        x = piece.pictures[:]
        posterior = inputs.posterior(piece)
        restored = studio.decode(posterior.mean)
        columns: dict[str, Any] = {"mse": metrics.squared_error(x, restored)}
        columns |= _in_decibels(studio.codec, piece.clips, x, restored)
        columns |= _of_draws(inputs, x, posterior, rng)
        columns["mean_picture"] = metrics.squared_error(x, baselines.mean[np.newaxis])
        columns["pca"] = metrics.squared_error(x, baselines.restore(x))
        parts.append(piece.clips[WHOSE].assign(**columns))
    # Snapshots are other networks, so they encode the clips again.
    snapshots = {}
    for epoch, encoder, decoder in saved_networks.snapshots(inputs.project.model):
        snapshots[f"epoch_{epoch}"] = _snapshot_errors(encoder, decoder, inputs.test)
    return pd.concat(parts, ignore_index=True).assign(**snapshots)


def read(path: Path) -> pd.DataFrame:
    """Read `measure`'s table from a CSV."""
    # As text, since a label may be called NA or 7.
    return pd.read_csv(path, converters={"label": str, "group": str})


def _in_decibels(
    codec: Codec, clips: pd.DataFrame, x: Pictures, restored: Pictures
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


def _decibels(codec: Codec, pictures: Pictures, scales: list[Scale]) -> Spectrogram | None:
    """Decibels [N, bins, frames] of pictures; None if they are of images."""
    decibels = [codec.decibels(*pair) for pair in zip(pictures, scales, strict=True)]
    known = [values for values in decibels if values is not None]
    return np.stack(known) if known else None


def _of_draws(
    inputs: Inputs, x: Pictures, posterior: Posterior, rng: np.random.Generator
) -> dict[str, Any]:
    """Return error, KL and ELBO of draws from the posterior; nothing for a plain autoencoder."""
    prior = inputs.studio.model.space.prior
    if prior is None:
        return {}
    pixels = x[0].size
    error = metrics.squared_error(x, inputs.studio.decode(posterior.sample(rng)))
    kl = latent.kl_divergence(posterior, prior, rng)
    elbo = metrics.elbo(error, kl, inputs.noise_variance, pixels)
    return {
        "mse_sampled": error,
        "kl": kl,
        "kl_per_dim": kl / posterior.mean.shape[1],
        "elbo": elbo,
        "bits_per_dim": -elbo / (pixels * np.log(2)),
    }


def _snapshot_errors(encoder: Any, decoder: Any, test: Dataset) -> Floats64:
    errors = []
    for piece in test.pieces():
        x = piece.pictures[:]
        errors.append(metrics.squared_error(x, latent.reconstruct(encoder, decoder, x)))
    return np.concatenate(errors)


def summary(table: pd.DataFrame, resamples: int, seed: int) -> dict[str, dict[str, Any]]:
    """Average `measure`'s table: sections `test`, `floors`, `snapshots`, and 95 % `interval`s."""
    columns = [name for name in table if name not in WHOSE]

    def statistics(rows: Any) -> dict[str, float]:
        means: dict[str, float] = table[columns].iloc[rows].mean().to_dict()
        ratio = {"pca_ratio": means["mse"] / means["pca"]}
        # Equal clips have no variance that could be explained.
        if means["mean_picture"]:
            means["r2"] = 1 - means["mse"] / means["mean_picture"]
        return means | ratio

    test = statistics(slice(None))
    floors = {name: test.pop(name) for name in ("mean_picture", "pca")}
    snapshots = {name: test.pop(name) for name in list(test) if name.startswith("epoch_")}
    sections: dict[str, dict[str, Any]] = {"test": test, "floors": floors}
    if snapshots:
        sections["snapshots"] = snapshots
    ends = bootstrap.intervals(statistics, table["group"].tolist(), resamples, seed)
    sections["interval"] = {name: {"low": low, "high": high} for name, (low, high) in ends.items()}
    return sections


def breakdown(table: pd.DataFrame) -> pd.DataFrame:
    """Average `measure`'s table by label and by group, with the number of clips."""
    numbers = table.drop(columns=WHOSE)
    parts = []
    for by in ("label", "group"):
        grouped = numbers.groupby(table[by])
        means = grouped.mean().assign(by=by, clips=grouped.size())
        parts.append(means.rename_axis("value").reset_index())
    return pd.concat(parts, ignore_index=True)[["by", "value", "clips", *numbers.columns]]
