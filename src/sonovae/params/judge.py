"""The section of judge: the classifier that scores what is generated."""

from pydantic.dataclasses import dataclass

from sonovae.params.layers import ThereLayers
from sonovae.params.rules import STRICT, Count, Positive, Seed


@dataclass(frozen=True, config=STRICT)
class Judge:
    """A classifier of pictures by label: layers, a dense one of `embedding_size` with ReLU, one of the labels; and how
    it learns."""

    seed: Seed
    threads: Count  # of TensorFlow
    network: ThereLayers
    embedding_size: Count
    learning_rate: Positive  # of Adam, at first; it falls to 0 by a cosine
    batch_size: Count
    epochs: Count
