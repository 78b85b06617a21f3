"""Statistics of ratings: mean opinion scores with intervals, rank tests, and agreement.

A table of answers has a row for each rating: `listener`, `sound`, `question`, `rating` from 1 to
5, and the sound's `set` and `label`. A figure that needs more answers is None; `why` says so.
"""

from collections.abc import Iterable, Mapping
from math import comb
from typing import Any

import krippendorff
import numpy as np
import pandas as pd
from scipy import stats

from sonovae.listening.answers import SCALE
from sonovae.listening.sounds import ANCHOR, REAL, REFERENCE, SETS

LEVEL = 0.95
"""Confidence level of the intervals; a p value below 1 - LEVEL counts as a difference."""
COLUMNS = ["set", "ratings", "sounds", "mos", "low", "high", "p", "why"]


def scores(answers: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each rated set, from the answers to one question.

    `mos` is the mean opinion score, `low` and `high` its interval; `p` is the probability that
    ratings of equally good sets differ as much from the real sounds' as these do.
    """
    rows = []
    p_values = {}
    for name in SETS:
        ratings = answers[answers["set"] == name]
        if ratings.empty:
            continue
        row, reasons = _score(ratings)
        if name != REAL:
            p, reason = against_real(answers, name)
            reasons += [reason] if reason else []
            if p is not None:
                p_values[name] = p
        rows.append({"set": name, **row, "why": "; ".join(reasons)})
    # Correction needs all p values at once.
    corrected = holm(p_values)
    for row in rows:
        row["p"] = corrected.get(row["set"])
    # As numbers, None would become NaN.
    return pd.DataFrame(rows, columns=COLUMNS, dtype=object)


def interval(ratings: pd.DataFrame) -> tuple[float, float] | None:
    """Return the confidence interval of a mean opinion score over other listeners and sounds.

    Ratings are not independent: a listener gives many, and a sound has many. The variance of the
    mean is that of the listeners' means by their number plus that of the sounds' means by theirs.
    It counts the noise of single ratings twice, so it is rather too large (A. B. Owen, The
    pigeonhole bootstrap, 2007). None for one listener or one sound.
    """
    variance = 0.0
    fewest = len(ratings)
    for column in ("listener", "sound"):
        means = ratings.groupby(column)["rating"].mean()
        if len(means) < 2:
            return None
        variance += means.var(ddof=1) / len(means)
        fewest = min(fewest, len(means))
    # Student's t for few votes, as in ITU-T P.1401; the smaller number limits what is known.
    half = float(stats.t.ppf((1 + LEVEL) / 2, fewest - 1) * np.sqrt(variance))
    mean = float(ratings["rating"].mean())
    return max(1.0, mean - half), min(float(len(SCALE)), mean + half)


def against_real(answers: pd.DataFrame, name: str) -> tuple[float | None, str]:
    """Compare a set's sounds with the real ones by their mean ratings; return p, or why not.

    The test is the two-sided Mann-Whitney U test: ratings are ranks, so a t test does not fit,
    and sounds of two sets are not pairs. Its samples are sounds, not ratings, because the
    question is about the model's sounds; all listeners heard both sets.
    """
    own = _mean_ratings(answers, name)
    real = _mean_ratings(answers, REAL)
    if not len(real):
        return None, "no real sound is rated"
    # Even the most extreme of all orders would not be significant.
    if 2 / comb(len(own) + len(real), len(own)) > 1 - LEVEL:
        return (
            None,
            f"{len(own)} against {len(real)} real sounds: too few for a rank test",
        )
    return float(stats.mannwhitneyu(own, real).pvalue), ""


def holm(p: Mapping[str, float]) -> dict[str, float]:
    """Correct p values of several tests by name, so that all hold at once (S. Holm, 1979)."""
    corrected = {}
    highest = 0.0
    ordered = sorted(p.items(), key=lambda item: item[1])
    for i, (name, value) in enumerate(ordered):
        highest = max(highest, min(1.0, (len(p) - i) * value))
        corrected[name] = highest
    return corrected


def agreement(answers: pd.DataFrame) -> tuple[float | None, str]:
    """Return Krippendorff's α over the listeners for ordinal ratings, or None and why.

    It is 1 if all agree and 0 if they agree as by chance (K. Krippendorff, Content Analysis,
    2004, chapter 11).
    """
    table = answers.pivot_table(index="listener", columns="sound", values="rating").to_numpy(float)
    if not (np.isfinite(table).sum(axis=0) > 1).any():
        return None, "no sound was rated by two listeners"
    # α is then 0 / 0.
    if np.nanmin(table) == np.nanmax(table):
        return None, "all ratings are the same"
    ratings = list(range(1, len(SCALE) + 1))
    alpha = krippendorff.alpha(table, level_of_measurement="ordinal", value_domain=ratings)
    return float(alpha), ""


def failed_screening(answers: pd.DataFrame) -> list[str]:
    """Return listeners who did not rate the hidden references above the anchors.

    `answers` are about audio quality, which an anchor lacks. Who has not heard both is not judged.
    """
    means = answers.pivot_table(index="listener", columns="set", values="rating", aggfunc="mean")
    if not {REFERENCE, ANCHOR} <= set(means.columns):
        return []
    both = means[[REFERENCE, ANCHOR]].dropna()
    return sorted(both.index[both[REFERENCE] <= both[ANCHOR]])


def by_label(answers: pd.DataFrame) -> Iterable[tuple[str, pd.DataFrame]]:
    """Return each label with the answers about its sounds."""
    return [(str(label), rows) for label, rows in answers.groupby("label") if label != ""]


def _score(ratings: pd.DataFrame) -> tuple[dict[str, Any], list[str]]:
    """Return the figures of a set's ratings, and why it has no interval."""
    counts = {column: ratings[column].nunique() for column in ("listener", "sound")}
    low, high = interval(ratings) or (None, None)
    row = {
        "ratings": len(ratings),
        "sounds": counts["sound"],
        "mos": float(ratings["rating"].mean()),
        "low": low,
        "high": high,
    }
    few = " and ".join(f"one {what}" for what, n in counts.items() if n < 2)
    return row, [f"{few}: no interval"] if few else []


def _mean_ratings(answers: pd.DataFrame, name: str) -> "pd.Series[float]":
    return answers[answers["set"] == name].groupby("sound")["rating"].mean()
