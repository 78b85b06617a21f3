"""Two-sample tests by logistic regression: can features tell new sounds from recordings?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sonovae.arrays import Embeddings, Floats64, Indices

FOLDS = 5
STRENGTH = 0.1
"""Inverse strength C of the regularisation: there may be as many features as sounds."""


@dataclass(frozen=True)
class Told:
    """How much each sound looks like a new one to a classifier that was not trained on it.

    Scores of recordings [N] and of new sounds [M].
    """

    real: Floats64
    new: Floats64

    @property
    def auc(self) -> float:
        """Area under the curve: the chance that a new sound scores over a recording.

        0.5 if they cannot be told apart, 1 if always.
        """
        return area(self.real, self.new)

    def resampled(self, real: Indices, new: Indices) -> float:
        """Return the area for some rows."""
        return area(self.real[real], self.new[new])


def area(real: Floats64, new: Floats64) -> float:
    """Area under the curve of scores [N] and [M] (Mann and Whitney 1947)."""
    ranks = rankdata(np.concatenate([real, new]))
    n = len(real)
    m = len(new)
    return float((ranks[n:].sum() - m * (m + 1) / 2) / (n * m))


def tell(
    real: Embeddings, new: Embeddings, groups: Sequence[str], new_groups: Sequence[str], seed: int
) -> Told:
    """Test features of recordings [N, D] against those of new sounds [M, D].

    Cross-validated; a group is never on both sides, so a reconstruction is judged by a classifier
    that has not met its original (Lopez-Paz and Oquab 2017); both sides need two groups. NaN stands
    for a missing feature.
    """
    features = np.concatenate([real, new])
    is_new = np.repeat([0, 1], [len(real), len(new)])
    classifier = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(C=STRENGTH, max_iter=1000),
    )
    n_folds = min(FOLDS, len(set(groups)), len(set(new_groups)))
    folds = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    scores = cross_val_predict(
        classifier,
        features,
        is_new,
        groups=[*groups, *new_groups],
        cv=folds,
        method="decision_function",
    )
    return Told(scores[: len(real)], scores[len(real) :])
