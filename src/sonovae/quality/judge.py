"""The judge: a classifier of pictures by label that scores what any model generates."""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from keras import layers
from numpy.typing import NDArray
from scipy.stats import binomtest

from sonovae import params
from sonovae.arrays import Floats32, Indices
from sonovae.dataset.saved_dataset import Dataset
from sonovae.errors import UserError
from sonovae.model import networks, weights
from sonovae.params.judge import Judge as Section
from sonovae.params.layers import Layers
from sonovae.quality import bootstrap
from sonovae.training.batches import PictureBatches, feed

logger = logging.getLogger(__name__)

VERSION = 2
"""Format of the folder; it grows with each change that older code cannot read."""
FILE = "judge.json"
WEIGHTS = "judge.npz"
LOGGED_STEPS = 50
"""Batches between two lines of the log."""
RESAMPLES = 1000
"""Bootstrap resamples of the test groups."""


@dataclass(frozen=True)
class Accuracy:
    """Share of real test clips that a judge names right, with its 95 % interval.

    `chance` is the share of the most frequent label among the `test_clips`.
    """

    accuracy: float
    accuracy_low: float
    accuracy_high: float
    chance: float
    test_clips: int


@dataclass(frozen=True)
class Judge:
    """A trained classifier, its labels in order, and its accuracy on the test clips."""

    network: keras.Model
    labels: tuple[str, ...]
    test: Accuracy

    @property
    def can_judge(self) -> bool:
        """Whether the interval of the accuracy lies above chance."""
        return self.test.accuracy_low > self.test.chance

    @property
    def numbers(self) -> dict[str, float]:
        """Accuracy, interval, chance and `can_judge` (1 or 0), as metrics.json holds them."""
        return asdict(self.test) | {"can_judge": float(self.can_judge)}

    def classify(self, pictures: Any) -> tuple[Floats32, Floats32]:
        """Pictures [N, bins, frames] → embedding [N, embedding_size], probabilities [N, labels]."""
        embedding, probabilities = networks.predict(self.network, pictures)
        return embedding, probabilities


def usable(judge: Judge | None) -> Judge | None:
    """Return the judge, or None if it cannot judge: no score may come from guesses."""
    return judge if judge and judge.can_judge else None


def describe(numbers: Mapping[str, float]) -> str:
    """Put `Judge.numbers` in words."""
    low = f"{100 * numbers['accuracy_low']:.0f}"
    high = f"{100 * numbers['accuracy_high']:.0f} %"
    names = f"names {100 * numbers['accuracy']:.0f} % ({low} to {high}) of real test clips right"
    verdict = "" if numbers["can_judge"] else "cannot judge: it "
    return f"{verdict}{names}, chance is {100 * numbers['chance']:.0f} %"


class _Labelled(PictureBatches):
    """Batches of pictures with the number of their label."""

    def __init__(self, pictures: Any, targets: Indices, order: Any, size: int) -> None:
        super().__init__(pictures, order, size)
        self.targets = targets

    def __getitem__(self, i: int) -> Any:
        return (*super().__getitem__(i), self.targets[self.rows(i)])


def fit(data: Dataset, settings: Section) -> Judge | None:
    """Train on the training split, without validation; None if it has fewer than two labels."""
    train = data.side("train")
    test = data.side("test")
    # Sorted, so that the numbers of labels do not depend on the clips' order.
    labels = tuple(sorted(set(train.clips["label"])))
    if len(labels) < 2:
        return None
    keras.utils.set_random_seed(settings.seed)
    shape = data.pictures.shape[1:]
    network = build(shape, settings.network, settings.embedding_size, len(labels))
    _learn(
        network,
        train,
        np.searchsorted(labels, train.clips["label"].to_numpy(str)),
        settings,
    )
    _, probabilities = networks.predict(network, test.pictures)
    predicted = np.asarray(labels)[probabilities.argmax(axis=1)]
    return Judge(network, labels, measure(predicted, test.clips, settings.seed))


def measure(predicted: NDArray[np.str_], clips: pd.DataFrame, seed: int) -> Accuracy:
    """Compare predicted labels [N] with those of test clips, a row each.

    The interval is the exact binomial one (Clopper and Pearson 1934) over clips, widened to the
    bootstrap over groups: clips of a group are alike, and few groups make a bootstrap too narrow.
    """
    right = predicted == clips["label"].to_numpy(str)
    exact = binomtest(int(right.sum()), len(right)).proportion_ci()
    ends = bootstrap.intervals(
        lambda rows: {"accuracy": float(right[rows].mean())},
        clips["group"].tolist(),
        RESAMPLES,
        seed,
    )
    # With one group there is no bootstrap.
    low, high = ends.get("accuracy", (1.0, 0.0))
    return Accuracy(
        accuracy=float(right.mean()),
        accuracy_low=max(0.0, min(low, float(exact.low))),
        accuracy_high=min(1.0, max(high, float(exact.high))),
        chance=float(clips["label"].value_counts(normalize=True).max()),
        test_clips=len(right),
    )


def build(shape: networks.Size, network: Layers, embedding_size: int, labels: int) -> keras.Model:
    """Build the untrained classifier: pictures → embedding and probabilities."""
    picture = keras.Input(shape)
    encoder = networks.encoder(shape, network, embedding_size, outputs=1, key="judge.network")
    embedding = layers.ReLU()(encoder(picture))
    return keras.Model(picture, [embedding, layers.Dense(labels, activation="softmax")(embedding)])


def _learn(network: keras.Model, train: Dataset, targets: Indices, settings: Section) -> None:
    steps = settings.steps
    size = min(settings.batch_size, len(targets))
    order = _order(len(targets), size, steps, settings.seed)
    rate = keras.optimizers.schedules.CosineDecay(settings.learning_rate, steps)
    network.compile(keras.optimizers.Adam(rate), loss=[None, "sparse_categorical_crossentropy"])
    for start in range(0, steps, LOGGED_STEPS):
        end = min(start + LOGGED_STEPS, steps)
        rows = order[start * size : end * size]
        batches = feed(_Labelled(train.pictures, targets, rows, size))
        history = network.fit(batches, shuffle=False, verbose=0).history
        logger.info("judge: batch %d/%d: loss %.4g", end, steps, history["loss"][0])


def _order(n: int, size: int, steps: int, seed: int) -> Indices:
    """Return the rows [steps · size] of all batches: a permutation of all n rows in each epoch."""
    # Only whole batches: a smaller last one would be compiled again.
    whole = n // size * size
    epochs = range(-(-steps * size // whole))
    rows = [np.random.default_rng([seed, epoch]).permutation(n)[:whole] for epoch in epochs]
    return np.concatenate(rows)[: steps * size]


def save(folder: Path, judge: Judge | None, settings: Section) -> None:
    """Write the judge's folder; without a judge, one that has no labels."""
    content: dict[str, Any] = {
        "version": VERSION,
        "labels": list(judge.labels) if judge else [],
    }
    if judge:
        plain = params.plain(settings)
        content["test"] = asdict(judge.test)
        content["shape"] = judge.network.input_shape[1:]
        content["network"] = plain["network"]
        content["embedding_size"] = plain["embedding_size"]
        weights.save(folder / WEIGHTS, judge.network)
    (folder / FILE).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def load(folder: Path) -> Judge | None:
    """Open what `save` wrote; raise UserError if the folder holds no judge of this version."""
    try:
        content = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UserError(
            f"{folder} holds no judge: `dvc repro judge` makes one, `dvc pull` brings one"
        ) from None
    version = content.get("version")
    if version != VERSION:
        raise UserError(
            f"{folder}/{FILE} has version {version}, this is for {VERSION}: `dvc repro judge`"
        )
    labels = tuple(content["labels"])
    if not labels:
        return None
    layer_list = params.parse(content["network"], Layers)
    network = build(tuple(content["shape"]), layer_list, content["embedding_size"], len(labels))
    # Keras predicts in batches only after a network was compiled.
    network.compile()
    weights.load(folder / WEIGHTS, network)
    return Judge(network, labels, Accuracy(**content["test"]))
