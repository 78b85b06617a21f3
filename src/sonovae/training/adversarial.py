"""Fine-tuning of a decoder against critics, on reconstructions and on draws of the prior.

The encoder stays as it is, so latents, maps and prior stay valid. What the critics see of the
decoder's pictures has no gradient to it in their loss, and their weights have none in its loss, so
that one optimizer trains both (hinge loss: Lim and Ye 2017).
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from sonovae.arrays import Indices, Latents
from sonovae.dataset.saved_dataset import Pictures
from sonovae.model import backend, critics
from sonovae.params.prior import Adversarial as Settings
from sonovae.training.batches import Batches, Crop, PictureBatches
from sonovae.training.course import Course
from sonovae.training.state import Losses, State

TYPICAL_ERROR = 0.001
"""Mean squared error that `reconstruction_weight` refers to."""
MOMENTUM = 0.5
"""Adam's first momentum, low as usual for adversaries (Radford et al. 2016)."""
FINAL_RATE = 0.2
"""Learning rate at the end, as a share of the highest: the adversaries must keep up."""


class Adversaries(keras.Model):
    """Encoder, decoder of z and noise, and critics, which `fit` trains together."""

    def __init__(
        self, encoder: keras.Model, decoder: keras.Model, settings: Settings, seed: int
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.encoder.trainable = False
        self.decoder = decoder
        self.critics = critics.build(decoder.output_shape[1])
        self.settings = settings
        self.noise = keras.random.SeedGenerator(seed)
        names = ("mse", "adversarial", "features", "critics")
        self.means = {name: keras.metrics.Mean(name) for name in names}

    def call(self, inputs: dict[str, Any], training: bool = False) -> Any:
        """Return decoded pictures: reconstructions of the first half of the batch's, then draws."""
        pictures = inputs["pictures"]
        drawn = inputs["z"]
        half = pictures[: ops.shape(drawn)[0]]
        mean, log_var = self.encoder(half, training=False)
        spread = ops.exp(0.5 * log_var)
        z = mean + spread * keras.random.normal(ops.shape(mean), seed=self.noise)
        both = ops.concatenate([ops.stop_gradient(z), drawn])
        shape = (ops.shape(both)[0], *ops.shape(pictures)[1:])
        noise = keras.random.normal(shape, seed=self.noise)
        return self.decoder([both, noise], training=training)

    def compute_loss(
        self,
        x: Any,
        y: Any,
        y_pred: Any,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the decoder's and the critics' losses, added up."""
        terms = self.terms(x["pictures"], y_pred, ops.shape(x["z"])[0])
        for name, value in terms.items():
            self.means[name].update_state(value)
        settings = self.settings
        return (
            settings.reconstruction_weight * terms["mse"] / TYPICAL_ERROR
            + settings.adversarial_weight * terms["adversarial"]
            + settings.feature_weight * terms["features"]
            + terms["critics"]
        )

    def terms(self, real: Any, decoded: Any, count: Any) -> dict[str, Any]:
        """Return the terms by name; the first `count` decoded pictures are reconstructions."""
        terms = dict.fromkeys(self.means, 0.0)
        terms["mse"] = ops.mean(ops.square(decoded[:count] - real[:count]))
        real_views = critics.views(real)
        views = critics.views(decoded)
        for critic in self.critics:
            verdict, *features = critic(real_views)
            other, *_ = critic(ops.stop_gradient(views))
            hinge = ops.mean(ops.relu(1 - verdict)) + ops.mean(ops.relu(1 + other))
            terms["critics"] += hinge / len(self.critics)
            # The same critic, whose weights are not to please the decoder.
            pleased, *own = _fixed(critic, views)
            terms["adversarial"] -= ops.mean(pleased) / len(self.critics)
            distance = _distance(own, features, count)
            terms["features"] += distance / len(self.critics)
        return terms


def _fixed(critic: keras.Model, views: Any) -> Any:
    """Return a critic's outputs, which have no gradient to its weights."""
    weights = [ops.stop_gradient(weight.value) for weight in critic.trainable_variables]
    others = [weight.value for weight in critic.non_trainable_variables]
    outputs, _ = critic.stateless_call(weights, others, views)
    return outputs


def _distance(own: Sequence[Any], wanted: Sequence[Any], count: Any) -> Any:
    """Mean absolute difference of features of reconstructions, relative to the recordings'."""
    total = 0.0
    for feature, target in zip(own, wanted, strict=True):
        fixed = ops.stop_gradient(target[:count])
        total += ops.mean(ops.abs(feature[:count] - fixed)) / ops.mean(ops.abs(fixed))
    return total / len(own)


class AdversarialBatches(Batches):
    """Crops of pictures and, half as many, crops of drawn latent sequences."""

    def __init__(
        self,
        pictures: PictureBatches,
        drawn: Latents,
        frames: int,
        seed: tuple[int, int],
    ) -> None:
        super().__init__(pictures.order, pictures.size, pictures.first)
        self.pictures = pictures
        self.drawn = drawn
        self.crop = Crop(frames, seed)

    def clips(self, i: int) -> Indices:
        """Return the rows of the clips table that batch i is made of."""
        return self.pictures.clips(i)

    def __getitem__(self, i: int) -> tuple[dict[str, Any]]:
        """Return batch i: pictures [N, rows, frames] and z [N / 2, T′ · C]."""
        (pictures,) = self.pictures[i]
        half = len(pictures) // 2
        rng = np.random.default_rng([*self.crop.seed, self.first + i, half])
        drawn = self.drawn[rng.integers(len(self.drawn), size=half)]
        frames = self.crop.frames(self.first + i, half, drawn.shape[1])
        z = np.take_along_axis(drawn, frames[:, :, np.newaxis], axis=1)
        return ({"pictures": pictures, "z": z.reshape(half, -1)},)


class FineTuning(Course):
    """Fine-tuning of a decoder; the weights of the lowest `measure` are kept.

    `measure` tells how far decoded draws are from recordings that the decoder did not learn from.
    """

    stage = "prior: fine-tuning"
    advice = "lower prior.adversarial.learning_rate"

    def __init__(
        self,
        model: Adversaries,
        pictures: Pictures,
        drawn: Latents,
        measure: Callable[[], float],
        crop: tuple[int, int],
        seed: int,
    ) -> None:
        settings = model.settings
        self.model = model
        self.pictures = pictures
        self.drawn = drawn
        self.measure = measure
        self.crop = crop
        self.seed = seed
        self.epochs = settings.epochs
        self.size = settings.batch_size
        steps = settings.epochs * settings.steps
        rate = keras.optimizers.schedules.CosineDecay(settings.learning_rate, steps, FINAL_RATE)
        adam = keras.optimizers.Adam(rate, beta_1=MOMENTUM, beta_2=0.95)
        adam.build(model.trainable_variables)
        model.compile(optimizer=adam, jit_compile=backend.jit())

    def batches(self, epoch: int, first: int) -> Batches:
        """Return an epoch's crops, drawn from all training clips."""
        key = (self.seed, epoch)
        rng = np.random.default_rng(key)
        order = rng.integers(len(self.pictures), size=self.size * self.model.settings.steps)
        frames, latent_frames = self.crop
        cropped = PictureBatches(self.pictures, order, self.size, first, [Crop(frames, key)])
        return AdversarialBatches(cropped, self.drawn, latent_frames, key)

    def held_out(self) -> None:
        """Return nothing: the losses of adversaries say little, so `measure` is asked."""

    def begin(self) -> None:
        """Begin with the weights that the decoder has."""

    def begin_epoch(self, epoch: int) -> None:
        """Set the epoch's noise."""
        backend.reseed(self.model.noise, self.seed, epoch)

    def after_epoch(self, state: State, losses: Losses) -> State:
        """Add the measure as the validation loss."""
        return state.after(losses | {"val_loss": self.measure()})
