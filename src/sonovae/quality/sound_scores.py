"""Scores of a set of sounds against recordings, each with its 95 % interval."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sonovae.arrays import Indices
from sonovae.quality import bootstrap, discriminator, fidelity, two_sample
from sonovae.quality.discriminator import Views
from sonovae.quality.reference import Measured, Reference
from sonovae.quality.two_sample import Told

FEWEST = {
    "features": 10,
    "spread": 20,
    "texture": 20,
    "identity": 20,
    "logistic": 40,
    "network": 20,
}
"""Sounds in a set, and test recordings, from which a score means anything; else it is left out."""
FEWEST_GROUPS = 8
"""Groups of test recordings from which a test of new sounds against recordings means anything:
with fewer, even recordings of other groups are told apart."""
FEWEST_FOR_NETWORK = 50
"""Training recordings, and as many new sounds, from which a network learns what differs; to compare
recordings with recordings, they are halved."""

MEDIANS = (
    "hnr_db",
    "voiced",
    "pitch_span",
    "jitter_cents",
    "cpp_db",
    "level_db",
    "level_deviation_db",
    "sound_share",
)
"""Features of which a score is the median of a set."""
RATIOS = {"fast_modulation": "fast_modulation_db", "fine_modulation": "fine_modulation_db"}
"""Features of which a score is the ratio of means to the recordings', in decibels."""

Row = dict[str, float]


def row(reference: Reference, own: Measured, against: Measured, resamples: int) -> Row:
    """Score a set against recordings: NAME, and the ends of its interval NAME_low, NAME_high."""
    seed = reference.seed

    def statistics(rows: Indices) -> Row:
        return _statistics(reference, own, against, rows)

    ends = bootstrap.intervals(statistics, list(own.groups), resamples, seed)
    scores = _with_ends(statistics(np.arange(len(own.groups))), ends)
    n = min(len(own.groups), len(against.groups))
    if n < FEWEST["logistic"] or not has_groups(reference.test.groups):
        return scores
    pairs = {
        "auc_signal": (against.features.to_numpy(float), own.features.to_numpy(float)),
        "auc_mel": (against.statistics, own.statistics),
    }
    for name, (real, new) in pairs.items():
        told = two_sample.tell(real, new, against.groups, own.groups, seed)
        scores |= told_row(name, told, against.groups, own.groups, resamples, seed)
    return scores


def told_row(
    name: str,
    told: Told,
    groups: Sequence[str],
    new_groups: Sequence[str],
    resamples: int,
    seed: int,
) -> Row:
    """Return the area under the curve of a test, and the ends of its interval."""
    n = len(told.real)

    # Both sides are drawn again, a recording together with its reconstruction.
    def statistics(rows: Indices) -> Row:
        return {name: told.resampled(rows[rows < n], rows[rows >= n] - n)}

    ends = bootstrap.intervals(statistics, [*groups, *new_groups], resamples, seed)
    return _with_ends({name: told.auc}, ends)


def network_row(
    train: tuple[Views, Views],
    test: tuple[Views, Views],
    groups: tuple[Sequence[str], Sequence[str]],
    resamples: int,
    seed: int,
) -> Row:
    """Test recordings against new sounds by networks; empty where there are too few.

    `train` and `test` are views of recordings and of new sounds, `groups` those of `test`.
    """
    if min(len(side.mel) for side in train) < FEWEST_FOR_NETWORK:
        return {}
    if min(len(side.mel) for side in test) < FEWEST["network"]:
        return {}
    scores: Row = {}
    for name in ("mel", "fine"):
        real, new, test_real, test_new = (getattr(views, name) for views in (*train, *test))
        told = discriminator.tell(real, new, test_real, test_new, seed)
        scores |= told_row(f"auc_network_{name}", told, *groups, resamples, seed)
    return scores


def has_groups(groups: Sequence[str]) -> bool:
    """Whether recordings are of so many groups that they can be compared with new sounds."""
    return len(set(groups)) >= FEWEST_GROUPS


def halves(groups: Sequence[str], seed: int) -> tuple[Indices, Indices]:
    """Part rows in two halves, no group in both, to compare recordings with recordings."""
    names = np.unique(np.asarray(groups))
    chosen = np.random.default_rng(seed).permutation(names)[: len(names) // 2]
    in_first = np.isin(groups, chosen)
    return np.flatnonzero(in_first), np.flatnonzero(~in_first)


def _statistics(reference: Reference, own: Measured, against: Measured, rows: Indices) -> Row:
    n = min(len(own.groups), len(against.groups))
    scores: Row = {}
    features = own.features.iloc[rows]
    if n >= FEWEST["features"]:
        scores |= _of_features(reference, features, against.features)
    if n >= FEWEST["features"] and reference.is_tonal:
        scores["second_tones"] = float(features["second_tone"].mean())
    if n >= FEWEST["spread"]:
        scores["level_spread_db"] = float(features["level_db"].std())
    if n >= FEWEST["texture"]:
        gaussian = own.textures.gaussian(rows)
        distance = fidelity.frechet_distance(reference.training_texture, gaussian)
        scores["frechet_texture"] = distance
    if n >= FEWEST["identity"] and own.identity is not None:
        voices = fidelity.gaussian(own.identity[rows])
        known = reference.training_identity
        if known is not None:
            scores["frechet_identity"] = fidelity.frechet_distance(known, voices)
    return scores


def _of_features(reference: Reference, features: pd.DataFrame, against: pd.DataFrame) -> Row:
    scores = {name: float(features[name].median()) for name in MEDIANS if name in features}
    if reference.is_tonal:
        # A pure tone has no harmonics, whose distance the cepstrum shows.
        scores.pop("cpp_db", None)
    if "octave_jumps" in features:
        # Most sounds have none, so the median would be 0.
        scores["octave_jumps"] = float(features["octave_jumps"].mean())
    for feature, name in RATIOS.items():
        ratio = features[feature].mean() / max(against[feature].mean(), 1e-12)
        scores[name] = float(10 * np.log10(max(ratio, 1e-12)))
    return scores


def _with_ends(scores: Row, ends: dict[str, bootstrap.Interval]) -> Row:
    for name, (low, high) in ends.items():
        scores[f"{name}_low"] = low
        scores[f"{name}_high"] = high
    return scores


def real_against_real(reference: Reference, views: tuple[Views, Views], resamples: int) -> Row:
    """Test recordings against recordings by networks, halves of each split.

    `views` are of the training and of the test recordings.
    """
    train, test = views
    seed = reference.seed
    first, second = halves(reference.train.groups, seed)
    third, fourth = halves(reference.test.groups, seed)
    groups = reference.test.take(third).groups, reference.test.take(fourth).groups
    return network_row(
        (train.take(first), train.take(second)),
        (test.take(third), test.take(fourth)),
        groups,
        resamples,
        seed,
    )
