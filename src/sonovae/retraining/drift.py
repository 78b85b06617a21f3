"""Drift of incoming recordings from those that stay: lengths, levels, spectra, shares of labels."""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import ks_2samp

from sonovae.errors import Unreadable
from sonovae.recordings import survey
from sonovae.runtime.progress import progress

BIN_HZ = 20.0
"""Width of the bins of the spectral centroid: 20 Hz is about the lowest audible frequency."""
UNITS = {"seconds": "s", "level": "dBFS", "centroid": "Hz"}
"""Features of a recording, with their units."""
COLUMNS = ["feature", "was", "came", "drift", "p"]


def features(raw: Path, used: pd.DataFrame) -> pd.DataFrame:
    """Measure recordings of the table `used`, whose files lie in `raw`; images have no features.

    A row has the length in `seconds`, the RMS `level` in dBFS and the spectral `centroid` in Hz.
    """
    # A sample bounds the time that a large collection takes.
    chosen = survey.sample(used[used["seconds"] > 0])
    paths = progress(list(chosen["path"]), "drift", "recordings", len(chosen))
    measured = [_measure(raw / path) for path in paths]
    return pd.DataFrame([row for row in measured if row], columns=list(UNITS))


def _measure(path: Path) -> dict[str, float]:
    try:
        measurement = survey.measure(path, BIN_HZ)
    except Unreadable:
        return {}
    power = measurement.power
    frequencies = BIN_HZ * np.arange(len(power))
    # Silence has no centroid; the floor keeps it at 0 Hz.
    centroid = float(np.sum(frequencies * power) / max(power.sum(), 1e-30))
    return {
        "seconds": measurement.seconds,
        "level": measurement.level,
        "centroid": centroid,
    }


def compare(new: pd.DataFrame, old: pd.DataFrame) -> pd.DataFrame:
    """Compare the columns of two tables, a row for each `feature`; no row if a side is empty.

    `was` and `came` are the medians with their unit. `drift` is the statistic of Kolmogorov and
    Smirnov, the largest difference of the two cumulative distributions: 0 if they are equal, 1 if
    they do not overlap. `p` is the probability of such a drift by chance.
    """
    rows = []
    for name in new.columns if len(new) and len(old) else ():
        was = f"{old[name].median():.4g} {UNITS.get(name, '')}".strip()
        came = f"{new[name].median():.4g} {UNITS.get(name, '')}".strip()
        test = ks_2samp(new[name], old[name])
        rows.append((name, was, came, float(test.statistic), float(test.pvalue)))
    return pd.DataFrame(rows, columns=COLUMNS)


def compare_labels(new: "pd.Series[str]", old: "pd.Series[str]") -> float:
    """Return half the sum of the differences of the labels' shares (total variation distance).

    It is 0 if the shares are equal or a side is empty, and 1 if no label is on both sides.
    """
    if new.empty or old.empty:
        return 0.0
    difference = new.value_counts(normalize=True).sub(
        old.value_counts(normalize=True), fill_value=0
    )
    return float(difference.abs().sum() / 2)
