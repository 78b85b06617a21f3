"""Whether recordings that came in are like those that were there: lengths, levels, spectra, shares of labels."""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import ks_2samp

from sonovae.errors import Unreadable
from sonovae.recordings import survey
from sonovae.runtime.progress import progress

BIN_HZ = 20.0
"""Width of the bins that the spectral centroid is computed from."""
UNITS = {"seconds": "s", "level": "dBFS", "centroid": "Hz"}
"""What is held against each other."""


def features(raw: Path, used: pd.DataFrame) -> pd.DataFrame:
    """Of recordings of the table `used`, whose files lie in `raw`, a row each: length in `seconds`, RMS `level` in
    dBFS, and spectral `centroid` in Hz. Of images nothing."""
    chosen = survey.sample(used[used["seconds"] > 0])
    rows = [
        _features(raw / path)
        for path in progress(list(chosen["path"]), "drift", "recordings", len(chosen))
    ]
    return pd.DataFrame([row for row in rows if row], columns=list(UNITS))


def _features(path: Path) -> dict[str, float]:
    try:
        found = survey.measure(path, BIN_HZ)
    except Unreadable:
        return {}
    power = found.power
    centroid = float(np.sum(BIN_HZ * np.arange(len(power)) * power) / max(power.sum(), 1e-30))
    return {"seconds": found.seconds, "level": found.level, "centroid": centroid}


def of_features(new: pd.DataFrame, old: pd.DataFrame) -> pd.DataFrame:
    """A row for each `feature`: the medians `was` and `came` in words; `drift`, the largest difference of the two
    distributions (the statistic of Kolmogorov and Smirnov): 0 where they are the same, 1 where they do not meet; and
    `p`, how likely so much is by chance. None where a side has no row."""
    rows = [_row(name, new[name], old[name]) for name in new.columns if len(new) and len(old)]
    return pd.DataFrame(rows, columns=["feature", "was", "came", "drift", "p"])


def _row(
    name: str, new: "pd.Series[float]", old: "pd.Series[float]"
) -> tuple[str, str, str, float, float]:
    was, came = (f"{each.median():.4g} {UNITS.get(name, '')}".strip() for each in (old, new))
    found = ks_2samp(new, old)
    return name, was, came, float(found.statistic), float(found.pvalue)


def of_labels(new: "pd.Series[str]", old: "pd.Series[str]") -> float:
    """Half of the sum of the differences of the labels' shares: 0 where they are the same, 1 where none is on both
    sides; 0 where a side has no recording."""
    if new.empty or old.empty:
        return 0.0
    one, other = (each.value_counts(normalize=True) for each in (new, old))
    return float(one.sub(other, fill_value=0).abs().sum() / 2)
