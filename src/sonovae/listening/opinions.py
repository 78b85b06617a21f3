"""What the answers come to: mean opinion scores with intervals, rank tests against real sounds, and agreement.

A table of answers has a row for each rating: `listener`, `sound`, `question`, `rating` from 1 to 5, and of the sound
its `set` and `label`. Where too few answered for a figure, it is None, and `why` says so.
"""

from collections.abc import Iterable, Mapping
from math import comb
from typing import Any

import krippendorff
import numpy as np
import pandas as pd
from scipy import stats

from sonovae.listening.sounds import ANCHOR, REAL, REFERENCE, SETS

LEVEL = 0.95
"""Of the intervals."""
COLUMNS = ["set", "ratings", "sounds", "mos", "low", "high", "p", "why"]


def scores(answers: pd.DataFrame) -> pd.DataFrame:
    """A row for each set that was rated: mean opinion score `mos`, its interval from `low` to `high`, and `p`, how
    likely ratings so far from real sounds' are by chance: for the answers to one question."""
    sets = [name for name in SETS if (answers["set"] == name).any()]
    tests = {name: against_real(answers, name) for name in sets if name != REAL}
    sure = holm({name: p for name, (p, _) in tests.items() if p is not None})
    rows = []
    for name in sets:
        found, few = _score(answers[answers["set"] == name])
        why = "; ".join(filter(None, (few, tests.get(name, (None, ""))[1])))
        rows.append({"set": name, **found, "p": sure.get(name), "why": why})
    return pd.DataFrame(rows, columns=COLUMNS, dtype=object)  # as None is no number


def interval(ratings: pd.DataFrame) -> tuple[float, float] | None:
    """The confidence interval of a mean opinion score, over other listeners and other sounds; None for one listener or
    one sound.

    Ratings are not independent: a listener gives many, a sound has many. The variance of the mean is taken to be that
    of the listeners' means by their number plus that of the sounds' means by theirs, which counts what is neither's
    twice, and so is rather too large (A. B. Owen, The pigeonhole bootstrap, 2007). Student's t, as ITU-T P.1401 has it
    for few votes, has the smaller number less one degrees of freedom. It is cut to the scale.
    """
    means = [ratings.groupby(by)["rating"].mean() for by in ("listener", "sound")]
    if (least := min(map(len, means))) < 2:
        return None
    error = np.sqrt(sum(each.var(ddof=1) / len(each) for each in means))
    half = float(stats.t.ppf((1 + LEVEL) / 2, least - 1) * error)
    mean = float(ratings["rating"].mean())
    return max(1.0, mean - half), min(5.0, mean + half)


def against_real(answers: pd.DataFrame, name: str) -> tuple[float | None, str]:
    """p of the two-sided Mann-Whitney U test of a set's sounds against the real ones, each by its mean rating, and why
    there is none.

    Ratings are ranks, so no t test; sounds of two sets are no pairs, so no Wilcoxon test of pairs; and the question is
    about the model's sounds, so that these, and not the ratings, are what was sampled. All listeners heard both sets.
    """
    one, other = (
        answers[answers["set"] == each].groupby("sound")["rating"].mean() for each in (name, REAL)
    )
    if not len(other):
        return None, "no real sound is rated"
    if 2 / comb(len(one) + len(other), len(one)) > 1 - LEVEL:
        return None, f"{len(one)} against {len(other)} real sounds: too few for a rank test"
    return float(stats.mannwhitneyu(one, other).pvalue), ""


def holm(p: Mapping[str, float]) -> dict[str, float]:
    """p values of several tests by name → those of S. Holm (1979), that hold for all of them at once."""
    found, highest = dict[str, float](), 0.0
    for i, name in enumerate(sorted(p, key=lambda each: p[each])):
        highest = max(highest, min(1.0, (len(p) - i) * p[name]))
        found[name] = highest
    return found


def agreement(answers: pd.DataFrame) -> tuple[float | None, str]:
    """Krippendorff's α over the listeners, of ordinal ratings, and why there is none: 1 where all agree, 0 where they
    agree as by chance (K. Krippendorff, Content Analysis, 2004, chapter 11)."""
    table = answers.pivot_table(index="listener", columns="sound", values="rating").to_numpy(float)
    if not (np.isfinite(table).sum(axis=0) > 1).any():
        return None, "no sound was rated by two listeners"
    if np.nanmin(table) == np.nanmax(table):
        return None, "all ratings are the same"
    return float(
        krippendorff.alpha(table, level_of_measurement="ordinal", value_domain=list(range(1, 6)))
    ), ""


def deaf(answers: pd.DataFrame) -> list[str]:
    """Listeners who did not rate the hidden references above the anchors, of the answers about audio quality, which is
    what an anchor lacks; those who have not heard both are not judged."""
    means = answers.pivot_table(index="listener", columns="set", values="rating", aggfunc="mean")
    if not {REFERENCE, ANCHOR} <= set(means.columns):
        return []
    both = means[[REFERENCE, ANCHOR]].dropna()
    return sorted(both.index[both[REFERENCE] <= both[ANCHOR]])


def by_label(answers: pd.DataFrame) -> Iterable[tuple[str, pd.DataFrame]]:
    """The answers about each label's sounds, where there are labels."""
    return [(str(name), some) for name, some in answers.groupby("label") if name != ""]


def _score(ratings: pd.DataFrame) -> tuple[dict[str, Any], str]:
    """The score of a set's ratings, and why it has no interval."""
    low, high = interval(ratings) or (None, None)
    counts = {what: ratings[what].nunique() for what in ("listener", "sound")}
    few = " and ".join(f"one {what}" for what, n in counts.items() if n < 2)
    found = {
        "ratings": len(ratings),
        "sounds": counts["sound"],
        "mos": float(ratings["rating"].mean()),
    }
    return found | {"low": low, "high": high}, f"{few}: no interval" if few else ""
