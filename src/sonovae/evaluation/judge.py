"""The judge: a classifier of pictures by label that scores what any model generates."""

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from sonovae import params
from sonovae.arrays import Floats32, Indices
from sonovae.dataset.saved_dataset import Dataset
from sonovae.errors import UserError
from sonovae.model import networks, weights
from sonovae.params.judge import Judge as Section
from sonovae.params.layers import Layers
from sonovae.training.batches import Batches, feed

logger = logging.getLogger(__name__)

VERSION = 1
"""Format of the folder; it grows with each change that older code cannot read."""
FILE = "judge.json"
WEIGHTS = "judge.npz"


@dataclass(frozen=True)
class Judge:
    """A trained classifier, its labels in order, and its accuracy on the test clips."""

    network: keras.Model
    labels: tuple[str, ...]
    accuracy: float

    def see(self, pictures: Any) -> tuple[Floats32, Floats32]:
        """Pictures [N, bins, frames] → embedding [N, embedding_size], probabilities [N, labels]."""
        embedding, probabilities = networks.predict(self.network, pictures)
        return embedding, probabilities


class _Labelled(Batches):
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
    right = predicted == test.clips["label"].to_numpy(str)
    return Judge(network, labels, float(right.mean()))


def build(shape: networks.Size, network: Layers, embedding_size: int, labels: int) -> keras.Model:
    """Build the untrained classifier: pictures → embedding and probabilities."""
    picture = keras.Input(shape)
    encoder = networks.encoder(shape, network, embedding_size, outputs=1, key="judge.network")
    embedding = layers.ReLU()(encoder(picture))
    return keras.Model(picture, [embedding, layers.Dense(labels, activation="softmax")(embedding)])


def _learn(network: keras.Model, train: Dataset, targets: Indices, settings: Section) -> None:
    n = len(targets)
    size = min(settings.batch_size, n)
    epochs = settings.epochs
    rate = keras.optimizers.schedules.CosineDecay(settings.learning_rate, epochs * (n // size))
    network.compile(keras.optimizers.Adam(rate), loss=[None, "sparse_categorical_crossentropy"])
    for epoch in range(epochs):
        # Only whole batches: a smaller last one would be compiled again.
        order = np.random.default_rng([settings.seed, epoch]).permutation(n)[: n // size * size]
        batches = feed(_Labelled(train.pictures, targets, order, size))
        history = network.fit(batches, shuffle=False, verbose=0).history
        logger.info("judge: epoch %d/%d: loss %.4g", epoch + 1, epochs, history["loss"][0])


def save(folder: Path, judge: Judge | None, settings: Section) -> None:
    """Write the judge's folder; without a judge, one that has no labels."""
    content: dict[str, Any] = {
        "version": VERSION,
        "labels": list(judge.labels) if judge else [],
    }
    if judge:
        plain = params.plain(settings)
        content["accuracy"] = judge.accuracy
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
    return Judge(network, labels, content["accuracy"])
