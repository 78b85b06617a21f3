"""The judge: a classifier of pictures by label, trained beside the model, that scores what any model generates."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from sonovae import params
from sonovae.dataset.saved_dataset import Dataset
from sonovae.errors import UserError
from sonovae.model import networks, weights
from sonovae.params.judge import Judge as Section
from sonovae.params.layers import Layers
from sonovae.training.batches import Batches, feed

VERSION = 1
FILE, WEIGHTS = "judge.json", "judge.npz"
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Judge:
    """A classifier that is ready to use, its labels in order, and the share of the test clips that it names right."""

    network: keras.Model
    labels: tuple[str, ...]
    accuracy: float

    def see(self, pictures: Any) -> tuple[Floats, Floats]:
        """[N, bins, frames], in memory or on disk → embedding [N, embedding_size] and probabilities [N, labels]."""
        embedding, probabilities = networks.predict(self.network, pictures)
        return embedding, probabilities


class _Answered(Batches):
    """Batches of pictures with the number of their label."""

    def __init__(self, pictures: Any, answers: NDArray[np.int64], order: Any, size: int) -> None:
        super().__init__(pictures, order, size)
        self.answers = answers

    def __getitem__(self, i: int) -> Any:
        return (*super().__getitem__(i), self.answers[self.rows(i)])


def fit(data: Dataset, p: Section) -> Judge | None:
    """Learn the labels of the training split; None where that has fewer than two."""
    train, test = data.side("train"), data.side("test")
    labels = tuple(sorted(set(train.clips["label"])))
    if len(labels) < 2:
        return None
    keras.utils.set_random_seed(p.seed)
    network = build(data.pictures.shape[1:], p.network, p.embedding_size, len(labels))
    _learn(network, train, np.searchsorted(labels, train.clips["label"].to_numpy(str)), p)
    _, probabilities = networks.predict(network, test.pictures)
    right = np.asarray(labels)[probabilities.argmax(axis=1)] == test.clips["label"].to_numpy(str)
    return Judge(network, labels, float(right.mean()))


def build(shape: networks.Size, network: Layers, embedding_size: int, labels: int) -> keras.Model:
    """The classifier, which has learned nothing yet: pictures → embedding and probabilities."""
    picture = keras.Input(shape)
    seen = networks.encoder(shape, network, embedding_size, outputs=1, key="judge.network")(picture)
    embedding = layers.ReLU()(seen)
    return keras.Model(picture, [embedding, layers.Dense(labels, activation="softmax")(embedding)])


def _learn(network: keras.Model, train: Dataset, answers: NDArray[np.int64], p: Section) -> None:
    n = len(answers)
    size = min(p.batch_size, n)
    rate = keras.optimizers.schedules.CosineDecay(p.learning_rate, p.epochs * (n // size))
    network.compile(keras.optimizers.Adam(rate), loss=[None, "sparse_categorical_crossentropy"])
    for epoch in range(p.epochs):
        order = np.random.default_rng([p.seed, epoch]).permutation(n)[: n // size * size]
        found = network.fit(
            feed(_Answered(train.pictures, answers, order, size)), shuffle=False, verbose=0
        )
        print(
            f"judge: epoch {epoch + 1}/{p.epochs}: loss {found.history['loss'][0]:.4g}", flush=True
        )


def save(folder: Path, judge: Judge | None, p: Section) -> None:
    """Write the judge's folder; without a judge, one that says so."""
    said: dict[str, Any] = {"version": VERSION, "labels": list(judge.labels) if judge else []}
    if judge:
        said |= {"accuracy": judge.accuracy, "shape": judge.network.input_shape[1:]}
        said |= {key: params.plain(p)[key] for key in ("network", "embedding_size")}
        weights.save(folder / WEIGHTS, judge.network)
    (folder / FILE).write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")


def load(folder: Path) -> Judge | None:
    """The door back; UserError where the folder holds no such thing."""
    try:
        said = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UserError(
            f"{folder} holds no judge: `dvc repro judge` makes one, `dvc pull` brings one"
        ) from None
    if (version := said.get("version")) != VERSION:
        raise UserError(
            f"{folder}/{FILE} has version {version}, this is for {VERSION}: `dvc repro judge`"
        )
    if not said["labels"]:
        return None
    network = params.parse(said["network"], Layers)
    made = build(tuple(said["shape"]), network, said["embedding_size"], len(said["labels"]))
    made.compile()
    weights.load(folder / WEIGHTS, made)
    return Judge(made, tuple(said["labels"]), said["accuracy"])
