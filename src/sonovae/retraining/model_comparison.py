"""A judge of before: how many labels it hears in what two models make, and how sure it is of recordings."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from sonovae.dataset.saved_dataset import Dataset
from sonovae.evaluation import embedding, judge
from sonovae.evaluation.judge import Judge
from sonovae.generation import studio
from sonovae.retraining.revisions import Result

MODEL, JUDGE = "data/model", "data/judge"
SOUNDS, SEED = 10, 1
"""Of each label."""
MOST = 2000
"""Clips that the judge is asked about, drawn at random."""


def heard(old: Result, new: Result) -> tuple[float, float] | None:
    """The shares of labels that the old result's judge hears in what the old model makes and in what the new one makes;
    None where there is no judge, or it sees other pictures."""
    with tempfile.TemporaryDirectory() as name:
        (there := Path(name) / "old").mkdir()
        (here := Path(name) / "new").mkdir()
        folders = old.get(JUDGE, there), old.get(MODEL, there), new.get(MODEL, here)
        if not all(folders):
            return None
        at, *models_at = (Path(str(folder)) for folder in folders)
        models = [studio.load(each, seed=SEED) for each in models_at]
        if not (who := judge.load(at)) or any(
            each.codec.shape != who.network.input_shape[1:] for each in models
        ):
            return None
        one, other = (_share(each, who) for each in models)
        return one, other


def confidence(old: Result, data: Dataset) -> "pd.Series[float] | None":
    """How sure the old result's judge is of the label of each of some clips, the largest of its probabilities, by the
    SHA-256 of their recordings; None where there is no judge, or it sees other pictures."""
    with tempfile.TemporaryDirectory() as name:
        folder = old.get(JUDGE, Path(name))
        who = judge.load(folder) if folder else None
    if not who or data.pictures.shape[1:] != who.network.input_shape[1:]:
        return None
    some = data.some(MOST, SEED)
    return pd.Series(who.see(some.pictures)[1].max(axis=1), index=some.clips["sha256"])


def _share(model: studio.Studio, who: Judge) -> float:
    asked = [label for label in who.labels if label in model.labels]
    if not asked:
        return 0.0
    z = np.concatenate([model.draw(SOUNDS, label) for label in asked])
    _, probabilities = who.see(embedding.items(model.codec, model.items(z)).pictures)
    named = np.array(who.labels)[probabilities.argmax(axis=1)]
    return float((named == np.repeat(asked, SOUNDS)).mean())
