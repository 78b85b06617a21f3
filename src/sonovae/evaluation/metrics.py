"""Numbers from arrays: how near reconstructions come, clip by clip, and how sure a mean of them is."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import silhouette_score
from sklearn.neighbors import KNeighborsClassifier

from sonovae.codec import spectrogram

Pictures = NDArray[np.float32]
Floats = NDArray[np.float64]
Points = NDArray[np.float32]
Rows = NDArray[np.int64]

NEIGHBOURS = 5
"""That say a clip's label."""


def squared_error(pictures: Pictures, others: Pictures) -> Floats:
    """[N]: the mean squared error a pixel of each clip of [N, bins, frames]."""
    return np.asarray(np.square(pictures.astype(float) - others).mean(axis=(1, 2)))


def log_spectral_distance(decibels: Pictures, others: Pictures) -> Floats:
    """[N] dB: the root mean square over bins of the difference between two spectrograms [N, bins, frames] in decibels,
    and of that the mean over frames (Gray and Markel 1976)."""
    return np.asarray(np.sqrt(np.square(decibels.astype(float) - others).mean(axis=1)).mean(axis=1))


def spectral_convergence(decibels: Pictures, others: Pictures) -> Floats:
    """[N] dB: `spectrogram.convergence_db` of the magnitudes of these decibels [N, bins, frames]."""
    one, other = 10 ** (decibels.astype(float) / 20), 10 ** (others.astype(float) / 20)
    return np.asarray(spectrogram.convergence_db(one, other))


def elbo(mse_sampled: Floats, kl: Floats, variance: float, pixels: int) -> Floats:
    """[N] nats a clip: log N(x; x̂, variance) − KL, x̂ being decoded from one draw of z, from its squared error a pixel
    (Kingma and Welling 2014)."""
    return -0.5 * pixels * (np.log(2 * np.pi * variance) + mse_sampled / variance) - kl


def class_separation(
    train: Points, labels: Sequence[str], test: Points, wanted: Sequence[str]
) -> dict[str, float]:
    """How far labels lie apart in z [N, D]: `silhouette` of the test clips (Rousseeuw 1987), from -1 to 1, and
    `neighbour_accuracy`, the share of them whose label most of their `NEIGHBOURS` nearest training clips have. Nothing
    where the test clips have fewer than two labels, or one each."""
    if not 1 < len(set(wanted)) < len(wanted):
        return {}
    nearest = KNeighborsClassifier(min(NEIGHBOURS, len(train))).fit(train, labels)
    return {
        "silhouette": float(silhouette_score(test, wanted)),
        "neighbour_accuracy": float(nearest.score(test, wanted)),
    }


def intervals(
    statistics: Callable[[Rows], dict[str, float]], groups: Sequence[str], resamples: int, seed: int
) -> dict[str, tuple[float, float]]:
    """The 95 % interval of each statistic of some rows, by drawing as many groups again with replacement, all rows of
    each (the cluster bootstrap; Davison and Hinkley 1997, 3.8): clips of one group are alike, so to draw clips would
    make it too narrow. The bias that drawing again brings by itself is taken off (Efron and Tibshirani 1993, 10.6), as
    a set in which items come twice has a larger Fréchet distance, say. None where there is one group alone."""
    if len(set(groups)) < 2:
        return {}
    rng = np.random.default_rng(seed)
    members = [
        np.asarray(rows)
        for rows in pd.Series(range(len(groups))).groupby(np.asarray(groups)).indices.values()
    ]
    drawn = [rng.integers(len(members), size=len(members)) for _ in range(resamples)]
    found = pd.DataFrame(
        [statistics(np.concatenate([members[i] for i in which])) for which in drawn]
    )
    ends = (
        found.quantile([0.025, 0.975])
        - found.mean()
        + pd.Series(statistics(np.arange(len(groups))))
    )
    return {name: (float(ends[name].iloc[0]), float(ends[name].iloc[1])) for name in found.columns}


def rounded(value: Any) -> Any:
    """To six significant digits, what can be said; within dicts, too."""
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    return float(f"{value:.6g}") if isinstance(value, float) else value
