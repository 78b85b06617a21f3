"""Scores of sets of sounds by the judge and by their log-mel embeddings, with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from sonovae.arrays import Floats, Floats32, Indices
from sonovae.codec.base import Codec
from sonovae.dataset.saved_dataset import Dataset
from sonovae.evaluation.control_sets import Scored, real
from sonovae.params.sections import Scoring
from sonovae.quality import bootstrap, copies, embedding, fidelity
from sonovae.quality.judge import Judge
from sonovae.runtime.progress import progress

SOUNDS_A_NEIGHBOUR = 10
"""Sounds in a set for each neighbour that spans a ball. With fewer the balls are so wide that they
hold everything: of 22 sounds, and 5 neighbours, even the mean picture had precision 1."""


@dataclass(frozen=True)
class Seen:
    """Log-mel embeddings [N, D]; a judge's own ones [N, E] and probabilities [N, labels]."""

    mel: Floats32
    embedding: Floats32 | None = None
    probabilities: Floats32 | None = None

    @property
    def features(self) -> Floats32:
        """The judge's embedding or, without a judge, the log-mel one."""
        return self.mel if self.embedding is None else self.embedding

    def __getitem__(self, rows: Indices) -> "Seen":
        """Choose rows."""
        if self.embedding is None or self.probabilities is None:
            return Seen(self.mel[rows])
        return Seen(self.mel[rows], self.embedding[rows], self.probabilities[rows])


def see(heard: embedding.Heard, judge: Judge | None) -> Seen:
    """Embed a set's pictures by the judge, if there is one."""
    return Seen(heard.mel, *judge.classify(heard.pictures)) if judge else Seen(heard.mel)


def see_all(codec: Codec, clips: Dataset, judge: Judge | None) -> Seen:
    """Embed all clips of a split; of their pictures only one piece is in memory at a time."""
    parts = []
    for piece in progress(clips.pieces(), "evaluate", "pieces of the training split"):
        drawn = real(codec, piece)
        seen = see(embedding.known(codec, drawn.pictures, drawn.scales), judge)
        parts.append(
            [seen.mel] if judge is None else [seen.mel, seen.embedding, seen.probabilities]
        )
    columns: list[Any] = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return Seen(*columns)


@dataclass(frozen=True)
class Reference:
    """Training clips, real test clips, judge and settings that every set is compared with.

    `shares` [labels] is the share of each of the judge's labels in training.
    """

    train: Seen
    test: Seen
    judge: Judge | None
    shares: Floats
    settings: Scoring
    seed: int

    @cached_property
    def train_mel(self) -> fidelity.Gaussian:
        """Gaussian of the training clips' log-mel embeddings."""
        return fidelity.gaussian(self.train.mel)

    @cached_property
    def train_features(self) -> fidelity.Gaussian:
        """Gaussian of the training clips' features."""
        return fidelity.gaussian(self.train.features)

    @cached_property
    def bins(self) -> fidelity.Bins:
        """Bins of the training clips' features."""
        return fidelity.bins(self.train.features, self.settings.bins, self.seed)

    def row(self, scored: Scored, seen: Seen) -> dict[str, float]:
        """Return a set's scores and, as NAME_low and NAME_high, the ends of 95 % intervals."""

        def statistics(rows: Indices) -> dict[str, float]:
            labels = [scored.labels[i] for i in rows] if scored.labels else None
            return self.scores(seen[rows], labels)

        ends = bootstrap.intervals(statistics, scored.groups, self.settings.resamples, self.seed)
        values = self.scores(seen, scored.labels)
        for name, (low, high) in ends.items():
            values[f"{name}_low"] = low
            values[f"{name}_high"] = high
        return values | self.tests(seen)

    def scores(self, seen: Seen, labels: Sequence[str] | None) -> dict[str, float]:
        """Return the scores that have an interval; `accuracy` only if labels were asked for."""
        mel = fidelity.gaussian(seen.mel)
        scores = {"frechet_mel": fidelity.frechet_distance(self.train_mel, mel)}
        neighbours = self.settings.neighbours
        if min(len(self.test.features), len(seen.features)) >= SOUNDS_A_NEIGHBOUR * neighbours:
            scores |= fidelity.manifold(self.test.features, seen.features, neighbours)
        if self.judge is None or seen.probabilities is None:
            return scores
        judged = {}
        if labels:
            named = np.array(self.judge.labels)[seen.probabilities.argmax(axis=1)]
            judged["accuracy"] = float((named == np.array(labels)).mean())
        features = fidelity.gaussian(seen.features)
        judged |= {
            "inception_score": fidelity.inception_score(seen.probabilities),
            "modified_inception_score": fidelity.modified_inception_score(seen.probabilities),
            "am_score": fidelity.am_score(seen.probabilities, self.shares),
            "frechet_judge": fidelity.frechet_distance(self.train_features, features),
        }
        return judged | scores

    def tests(self, seen: Seen) -> dict[str, float]:
        """Return `different_bins`, `copy_ratio` and `copies`, the share that is flagged."""
        # Without intervals: items that are drawn twice would change the bins' shares.
        copied = copies.flagged(seen.mel, self.test.mel, self.train.mel)
        return {
            "different_bins": self.bins.different(seen.features),
            "copy_ratio": copies.ratio(seen.mel, self.test.mel, self.train.mel),
            "copies": float(copied.mean()),
        }


def table(
    sets: dict[str, Scored],
    train: Seen,
    labels: "pd.Series[str]",
    judge: Judge | None,
    settings: Scoring,
    seed: int,
) -> pd.DataFrame:
    """Score each set, a row each; `train` are all training clips, `labels` their labels."""
    seen = {name: see(scored.heard, judge) for name, scored in sets.items()}
    known = list(judge.labels) if judge else []
    shares = labels.value_counts(normalize=True).reindex(known).to_numpy(np.float64)
    reference = Reference(train, seen["real"], judge, shares, settings, seed)
    rows = {}
    for name in progress(sets, "evaluate", "sets scored", len(sets)):
        rows[name] = reference.row(sets[name], seen[name])
    return pd.DataFrame(rows).T.rename_axis("set")
