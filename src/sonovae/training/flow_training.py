"""Training of a flow on the posteriors of training clips."""

from typing import Any

import keras
import numpy as np
from keras import ops

from sonovae.arrays import Indices
from sonovae.distributions.flow_path import Scaling
from sonovae.model import backend
from sonovae.model.latent import Posterior
from sonovae.params.prior import Flow as Settings
from sonovae.training.batches import Batches, shuffled
from sonovae.training.course import Course

WARMUP = 0.05
"""Share of the training over which the learning rate rises from 0."""
VALIDATION_SEED = 1
"""Seed of the times and noise of validation: the same in each epoch, so that losses compare."""


class FlowMatching(keras.Model):
    """Flow that learns the velocity from noise to latents (Lipman et al. 2023)."""

    def __init__(
        self, network: keras.Model, scaling: Scaling, settings: Settings, seed: int
    ) -> None:
        super().__init__()
        self.network = network
        self.scaling = scaling
        self.settings = settings
        self.noise = keras.random.SeedGenerator(seed)
        self.error = keras.metrics.Mean("mse")

    def call(self, inputs: dict[str, Any], training: bool = False) -> dict[str, Any]:
        """Return the network's velocity and the true one, [N, T′, C] each."""
        shape = ops.shape(inputs["mean"])
        # TensorFlow's draws need a seed each, or they would be equal.
        seeds = [self.noise] * 5 if training else [VALIDATION_SEED + n for n in range(5)]
        rows = (shape[0],)
        point = inputs["mean"] + inputs["deviation"] * keras.random.normal(shape, seed=seeds[0])
        noise = keras.random.normal(shape, seed=seeds[1])
        # Logistic-normal times: the middle of the way is the hardest (Esser et al. 2024).
        time = ops.sigmoid(keras.random.normal(rows, seed=seeds[2]))
        share = ops.reshape(time, (-1, 1, 1))
        between = (1 - share) * noise + share * point
        label = _hidden(inputs["label"], self.settings.label_dropout, seeds[3], training)
        group = _hidden(inputs["group"], self.settings.group_dropout, seeds[4], training)
        velocity = self.network([between, time, label, group], training=training)
        return {"velocity": velocity, "target": point - noise}

    def compute_loss(
        self,
        x: Any,
        y: Any,
        y_pred: Any,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the mean squared error of the velocities."""
        error = ops.mean(ops.square(y_pred["velocity"] - y_pred["target"]))
        self.error.update_state(error)
        return error


def _hidden(numbers: Any, share: float, seed: Any, training: bool) -> Any:
    """Set a share of labels or groups [N] to 0, in training only."""
    if not training:
        return numbers
    drawn = keras.random.uniform(ops.shape(numbers), seed=seed)
    return ops.where(drawn < share, ops.zeros_like(numbers), numbers)


class Sequences:
    """Standardised posteriors of clips, means and deviations [N, T′, C], with numbers of labels
    and groups [N], and the rows of the clips table that they are of."""

    def __init__(
        self,
        posterior: Posterior,
        scaling: Scaling,
        labels: Indices,
        groups: Indices,
        rows: Indices,
    ) -> None:
        shape = (len(posterior.mean), -1, len(scaling.mean))
        deviation = np.exp(0.5 * posterior.log_var)
        self.arrays = {
            "mean": scaling.standardise(posterior.mean.reshape(shape)),
            "deviation": deviation.reshape(shape) / scaling.deviation,
            "label": labels,
            "group": groups,
        }
        self.rows = rows

    def __len__(self) -> int:
        """Return N."""
        return len(self.rows)


class SequenceBatches(Batches):
    """Batches of sequences."""

    def __init__(self, sequences: Sequences, order: Indices, size: int, first: int = 0) -> None:
        super().__init__(order, size, first)
        self.sequences = sequences

    def clips(self, i: int) -> Indices:
        """Return the rows of the clips table that batch i is made of."""
        return self.sequences.rows[self.rows(i)]

    def __getitem__(self, i: int) -> tuple[dict[str, Any]]:
        """Return this worker's share of batch i."""
        rows = self.rows(i)
        own = rows[self.own(rows)]
        return ({name: array[own] for name, array in self.sequences.arrays.items()},)


class FlowCourse(Course):
    """Training of a flow, which ends before it learns the training clips by heart."""

    stage = "prior"
    advice = "lower prior.flow.learning_rate"

    def __init__(
        self, model: FlowMatching, train: Sequences, held_out: Sequences, seed: int
    ) -> None:
        settings = model.settings
        self.model = model
        self.train = train
        self.others = held_out
        self.seed = seed
        self.size = min(settings.batch_size, len(train))
        self.epochs = settings.epochs
        self.patience = settings.patience
        steps = self.epochs * (len(train) // self.size)
        warmup = max(1, round(WARMUP * steps))
        rate = keras.optimizers.schedules.CosineDecay(
            0.0,
            max(1, steps - warmup),
            warmup_target=settings.learning_rate,
            warmup_steps=warmup,
        )
        adam = keras.optimizers.Adam(rate, global_clipnorm=1.0)
        # Before the first batch, so that a checkpoint's values can be set.
        adam.build(model.trainable_variables)
        model.compile(optimizer=adam, jit_compile=backend.jit())

    def batches(self, epoch: int, first: int) -> Batches:
        """Return an epoch's batches."""
        order = shuffled(len(self.train), self.size, (self.seed, epoch))
        return SequenceBatches(self.train, order, self.size, first)

    def held_out(self) -> Batches:
        """Return the validation clips."""
        return SequenceBatches(self.others, np.arange(len(self.others)), self.size)

    def begin(self) -> None:
        """Begin with the network's random weights."""

    def begin_epoch(self, epoch: int) -> None:
        """Set the epoch's times and noise."""
        backend.reseed(self.model.noise, self.seed, epoch)
