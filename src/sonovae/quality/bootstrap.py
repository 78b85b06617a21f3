"""Bootstrap intervals of statistics, over groups of clips."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from sonovae.arrays import Indices

Interval = tuple[float, float]
"""Lower and upper end."""


def intervals(
    statistics: Callable[[Indices], dict[str, float]],
    groups: Sequence[str],
    resamples: int,
    seed: int,
) -> dict[str, Interval]:
    """Bootstrap the 95 % interval of each statistic of rows; empty if there is only one group.

    Whole groups are drawn with replacement (Davison and Hinkley 1997, 3.8), because clips of one
    group are alike and drawing clips would make the interval too narrow.
    """
    if len(set(groups)) < 2:
        return {}
    rng = np.random.default_rng(seed)
    by_group = pd.Series(range(len(groups))).groupby(np.asarray(groups)).indices
    members = [np.asarray(rows) for rows in by_group.values()]
    samples = []
    for _ in range(resamples):
        drawn = rng.integers(len(members), size=len(members))
        samples.append(statistics(np.concatenate([members[i] for i in drawn])))
    table = pd.DataFrame(samples)
    # Resampling is biased for some scores: a set with duplicates has a larger Fréchet distance.
    # The bias is subtracted (Efron and Tibshirani 1993, 10.6).
    actual = pd.Series(statistics(np.arange(len(groups))))
    ends = table.quantile([0.025, 0.975]) - table.mean() + actual
    return {name: (float(ends[name].iloc[0]), float(ends[name].iloc[1])) for name in table.columns}
