"""Scores of sets of sounds by the judge and by their log-mel embeddings, each with an interval, in one table."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sonovae.codec.base import Codec
from sonovae.dataset.saved_dataset import Dataset
from sonovae.evaluation import copies, embedding, fidelity, metrics
from sonovae.evaluation.control_sets import Scored, real
from sonovae.evaluation.judge import Judge
from sonovae.params.sections import Scoring
from sonovae.runtime.progress import progress

Rows = NDArray[np.float32]


@dataclass(frozen=True)
class Seen:
    """Embeddings [N, D]: fixed log-mel ones and, where there is a judge, its own and its probabilities [N, labels]."""

    mel: Rows
    embedding: Rows | None = None
    probabilities: Rows | None = None

    @property
    def all(self) -> tuple[Rows | None, ...]:
        """The three."""
        return self.mel, self.embedding, self.probabilities

    @property
    def features(self) -> Rows:
        """The judge's embedding or, without one, the log-mel one."""
        return self.mel if self.embedding is None else self.embedding

    def __getitem__(self, rows: Any) -> "Seen":
        """Some of them."""
        columns: list[Any] = [None if each is None else each[rows] for each in self.all]
        return Seen(*columns)


def see(heard: embedding.Heard, judge: Judge | None) -> Seen:
    """A set as both see it."""
    return Seen(heard.mel, *judge.see(heard.pictures)) if judge else Seen(heard.mel)


def see_all(c: Codec, some: Dataset, judge: Judge | None) -> Seen:
    """A whole side of the split, read piece by piece; its embeddings alone stay in memory, 1 KiB a clip."""
    parts = []
    for piece in progress(some.pieces(), "evaluate", "pieces of the training split"):
        drawn = real(c, piece)
        parts.append(see(embedding.known(c, drawn.pictures, drawn.scales), judge).all)
    columns: list[Any] = [
        None if each[0] is None else np.concatenate(each) for each in zip(*parts, strict=True)
    ]
    return Seen(*columns)


@dataclass(frozen=True)
class Contest:
    """What each set is held against: all training clips, the real test clips among the sets, the judge, and the share
    of each of its labels in training."""

    train: Seen
    test: Seen
    judge: Judge | None
    shares: NDArray[np.floating[Any]]
    p: Scoring
    seed: int

    @cached_property
    def train_mel(self) -> fidelity.Gaussian:
        """Of all training clips' log-mel embeddings."""
        return fidelity.gaussian(self.train.mel)

    @cached_property
    def train_features(self) -> fidelity.Gaussian:
        """Of their features."""
        return fidelity.gaussian(self.train.features)

    @cached_property
    def bins(self) -> fidelity.Bins:
        """Of all training clips' features."""
        return fidelity.bins(self.train.features, self.p.bins, self.seed)

    def row(self, each: Scored, seen: Seen) -> dict[str, float]:
        """All scores of a set, and as NAME_low and NAME_high the ends of 95 % intervals, but for the last three's."""

        def again(rows: NDArray[np.int64]) -> dict[str, float]:
            return self.scores(seen[rows], [each.labels[i] for i in rows] if each.labels else None)

        ends = metrics.intervals(again, each.groups, self.p.resamples, self.seed)
        found = self.scores(seen, each.labels)
        for name, (low, high) in ends.items():
            found |= {f"{name}_low": low, f"{name}_high": high}
        return found | self.tests(seen)

    def scores(self, seen: Seen, labels: Sequence[str] | None) -> dict[str, float]:
        """`accuracy` of the labels that are asked for, and what no label is needed for."""
        found = {
            "frechet_mel": fidelity.frechet_distance(self.train_mel, fidelity.gaussian(seen.mel))
        }
        if (
            len(self.test.features) > 1 and len(seen.features) > 1
        ):  # a single sound has no neighbour
            found |= fidelity.manifold(self.test.features, seen.features, self.p.neighbours)
        if self.judge is None or seen.probabilities is None:
            return found
        named = np.array(self.judge.labels)[seen.probabilities.argmax(axis=1)]
        return {
            **({"accuracy": float((named == np.array(labels)).mean())} if labels else {}),
            "inception_score": fidelity.inception_score(seen.probabilities),
            "modified_inception_score": fidelity.modified_inception_score(seen.probabilities),
            "am_score": fidelity.am_score(seen.probabilities, self.shares),
            "frechet_judge": fidelity.frechet_distance(
                self.train_features, fidelity.gaussian(seen.features)
            ),
            **found,
        }

    def tests(self, seen: Seen) -> dict[str, float]:
        """`different_bins`, `copy_ratio` and `copies`, the share of the set that is flagged as such."""
        return {
            "different_bins": self.bins.different(seen.features),
            "copy_ratio": copies.ratio(seen.mel, self.test.mel, self.train.mel),
            "copies": float(copies.flagged(seen.mel, self.test.mel, self.train.mel).mean()),
        }


def table(
    sets: dict[str, Scored],
    train: Seen,
    labels: "pd.Series[str]",
    judge: Judge | None,
    p: Scoring,
    seed: int,
) -> pd.DataFrame:
    """A row for each set. `train` are all training clips, `labels` theirs."""
    seen = {name: see(each.heard, judge) for name, each in sets.items()}
    shares = (
        labels.value_counts(normalize=True)
        .reindex(list(judge.labels) if judge else [])
        .to_numpy(np.float64)
    )
    contest = Contest(train, seen["real"], judge, shares, p, seed)
    names = progress(sets, "evaluate", "sets scored", len(sets))
    return pd.DataFrame(
        {name: contest.row(sets[name], seen[name]) for name in names}
    ).T.rename_axis("set")
