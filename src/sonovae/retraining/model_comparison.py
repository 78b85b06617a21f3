"""Two models, or new and known recordings, compared by the old result's judge."""

import logging
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from sonovae.dataset.saved_dataset import Dataset
from sonovae.errors import UserError
from sonovae.generation import studio
from sonovae.generation.studio import Studio
from sonovae.project import JUDGE, MODEL, PRIOR
from sonovae.quality import embedding, judge
from sonovae.quality.judge import Judge
from sonovae.retraining.revisions import Result

logger = logging.getLogger(__name__)

SOUNDS = 10
"""Sounds of each label that a model is asked for: enough to tell a label that is lost."""
SEED = 1
MOST_CLIPS = 2000
"""Clips, drawn at random, that the judge sees: the p-value of a drift needs no more."""


def recognized(old: Result, new: Result) -> tuple[float, float] | None:
    """Return the shares of sounds of the old and of the new model that the old judge names right.

    They are None if no judge can judge, or a model's pictures have another shape than the judge's.
    """
    with tempfile.TemporaryDirectory() as name:
        # Each result has its own folder, since both models have the same name.
        sides = [Path(name) / "old", Path(name) / "new"]
        for side in sides:
            side.mkdir()
        classifier = _judge(old, sides[0])
        old_model = _model(old, sides[0])
        new_model = _model(new, sides[1])
        if not classifier or not old_model or not new_model:
            return None
        studios = [studio.load(folder, seed=SEED) for folder in (old_model, new_model)]
        if not all(_fits(classifier, model.codec.shape) for model in studios):
            return None
        return _share(studios[0], classifier), _share(studios[1], classifier)


def confidence(old: Result, data: Dataset) -> "pd.Series[float] | None":
    """Return the old judge's largest probability for some clips, by SHA-256 of their recording.

    It is None if no judge can judge, or its pictures have another shape.
    """
    with tempfile.TemporaryDirectory() as name:
        classifier = _judge(old, Path(name))
    # The weights are in memory: the copy of the folder may be gone.
    if not classifier or not _fits(classifier, data.pictures.shape[1:]):
        return None
    sample = data.some(MOST_CLIPS, SEED)
    _, probabilities = classifier.classify(sample.pictures)
    return pd.Series(probabilities.max(axis=1), index=sample.clips["sha256"])


def _model(result: Result, folder: Path) -> Path | None:
    """Copy a result's model to a folder, and its prior next to it; None if either is missing."""
    model = result.get(MODEL, folder)
    prior = result.get(PRIOR, folder)
    return model if prior else None


def _judge(old: Result, folder: Path) -> Judge | None:
    """Copy a result's judge to a folder; return None if it is missing, cannot judge, or was saved
    by another version."""
    copy = old.get(JUDGE, folder)
    try:
        return judge.usable(judge.load(copy)) if copy else None
    except UserError as error:
        logger.info("retrain: %s", error)
        return None


def _fits(classifier: Judge, shape: tuple[int, ...]) -> bool:
    return tuple(shape) == classifier.network.input_shape[1:]


def _share(model: Studio, classifier: Judge) -> float:
    """Return the share of new sounds whose label the judge names right."""
    # A model cannot make a label that it has not learned.
    labels = [label for label in classifier.labels if label in model.labels]
    if not labels:
        return 0.0
    z = np.concatenate([model.draw(SOUNDS, label) for label in labels])
    pictures = embedding.items(model.codec, model.items(z)).pictures
    _, probabilities = classifier.classify(pictures)
    named = np.array(classifier.labels)[probabilities.argmax(axis=1)]
    return float((named == np.repeat(labels, SOUNDS)).mean())
