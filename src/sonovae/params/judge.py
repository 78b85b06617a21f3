"""The section `judge`: the classifier that scores generated sounds."""

from pydantic.dataclasses import dataclass

from sonovae.params.layers import JudgeLayers
from sonovae.params.rules import STRICT, Count, Positive, Seed


@dataclass(frozen=True, config=STRICT)
class Judge:
    """A classifier of pictures by label, and how it is trained."""

    seed: Seed
    threads: Count  # of TensorFlow
    network: JudgeLayers
    embedding_size: Count  # units of a dense layer with ReLU after network
    learning_rate: Positive  # of Adam, at first; it falls to 0 by a cosine
    batch_size: Count
    steps: Count  # batches in all
