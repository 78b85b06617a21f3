"""Embedding in which recordings of one group, such as a speaker, lie together."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from sonovae.arrays import Embeddings

FEWEST_CLIPS = 10
"""Recordings of a group on average, from which the groups can be learned."""


@dataclass(frozen=True)
class Identity:
    """Linear discriminants of the groups (Fisher 1936), fitted to training recordings."""

    discriminants: Pipeline

    def of(self, features: Embeddings) -> Embeddings:
        """Embed features [N, D] to [N, groups - 1], each direction in units of its spread."""
        return self.discriminants.transform(features)


def fit(features: Embeddings, groups: Sequence[str]) -> Identity | None:
    """Fit to features [N, D] of recordings; None if groups are too small or only one."""
    sizes = Counter(groups)
    if len(sizes) < 2 or len(groups) / len(sizes) < FEWEST_CLIPS:
        return None
    # Shrinkage, as there may be more features than recordings of a group.
    discriminants = LinearDiscriminantAnalysis(solver="eigen", shrinkage="auto")
    return Identity(make_pipeline(StandardScaler(), discriminants).fit(features, list(groups)))
