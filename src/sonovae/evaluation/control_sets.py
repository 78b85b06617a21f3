"""Sets of sounds to be scored alike: what the model generates, and controls whose place among them is known."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sonovae.arrays import Floats32
from sonovae.codec.base import Codec
from sonovae.codec.scaling import Scale
from sonovae.dataset.baselines import Floors
from sonovae.dataset.saved_dataset import Dataset
from sonovae.evaluation import embedding
from sonovae.evaluation.embedding import Heard
from sonovae.generation import sampling
from sonovae.generation.sampling import Place
from sonovae.model import latent
from sonovae.model.saved_model import Model
from sonovae.params.sections import Generate, GriffinLim
from sonovae.runtime.progress import progress


@dataclass(frozen=True)
class Drawn:
    """Pictures [N, bins, frames] with their scales; the groups that they come from, each its own where they are new;
    and the labels that they should have, where that is known."""

    pictures: Floats32
    scales: Sequence[Scale]
    groups: list[str]
    labels: list[str] | None = None


@dataclass(frozen=True)
class Scored:
    """A set as it is heard, with groups and labels as above."""

    heard: Heard
    groups: list[str]
    labels: list[str] | None = None


def real(c: Codec, some: Dataset) -> Drawn:
    """Clips as they are."""
    labels = some.clips["label"].tolist()
    return Drawn(
        some.pictures[:],
        c.clip_scales(some.clips),
        some.clips["group"].tolist(),
        labels if any(labels) else None,
    )


def generated(trained: Model, c: Codec, g: Generate, n: int, place: Place) -> dict[str, Drawn]:
    """What generate would make of its section, and where labels are known, as many of each in turn."""
    rng = np.random.default_rng(g.seed)
    z = sampling.draw(trained.space, g, n, rng, place)
    found = {
        "generated": _new(
            c, latent.decode(trained.decoder, z), None if g.label is None else [g.label] * n
        )
    }
    if len(names := trained.space.density.names) > 1:
        labels = [names[i % len(names)] for i in range(n)]
        z = np.concatenate(
            [
                sampling.of_label(trained.space, each, g.label_scale, 1, rng, g.temperature)
                for each in labels
            ]
        )
        found["generated_by_label"] = _new(c, latent.decode(trained.decoder, z), labels)
    return found


def heard(
    trained: Model,
    c: Codec,
    train: Dataset,
    test: Dataset,
    floors: Floors,
    new: dict[str, Drawn],
    back: GriffinLim,
    seed: int,
) -> dict[str, Scored]:
    """Each set by name, as many as there are clips in `test`; `train` are as many of training, `new` those of
    `generated`."""
    rng, n, tested = np.random.default_rng(seed), len(test.clips), real(c, test)
    flat = tested.pictures.reshape(n, -1)
    pictures = {
        "way_back": tested,
        "reconstructed": replace(
            tested, pictures=latent.reconstruct(trained.encoder, trained.decoder, test.pictures)
        ),
        **new,
        "pca_gaussian": _new(c, floors.draw(n, rng)),
        "mean_picture": _new(c, floors.mean[np.newaxis]),
        "shuffled_pixels": replace(
            tested, pictures=rng.permuted(flat, axis=1).reshape(tested.pictures.shape)
        ),
    }
    found = {"real": _known(c, tested), **_heard(c, pictures, back, seed)}
    mean = found["mean_picture"].heard
    found["mean_picture"] = Scored(mean[np.zeros(n, np.int64)], _own(n))  # all are one
    found["white_noise"] = Scored(embedding.items(c, (c.noise(rng) for _ in range(n))), _own(n))
    return found | {"training_copies": _known(c, real(c, train))}


def _heard(c: Codec, sets: dict[str, Drawn], back: GriffinLim, seed: int) -> dict[str, Scored]:
    """Sets once they were sounds."""
    pictures = [each for drawn in sets.values() for each in drawn.pictures]
    scales = [each for drawn in sets.values() for each in drawn.scales]
    made = progress(c.decode(pictures, scales, back, seed), "evaluate", "sounds", len(pictures))
    return {
        name: Scored(
            embedding.items(c, itertools.islice(made, len(each.groups))), each.groups, each.labels
        )
        for name, each in sets.items()
    }


def _known(c: Codec, drawn: Drawn) -> Scored:
    return Scored(embedding.known(c, drawn.pictures, drawn.scales), drawn.groups, drawn.labels)


def _new(c: Codec, pictures: Floats32, labels: list[str] | None = None) -> Drawn:
    return Drawn(pictures, [c.typical] * len(pictures), _own(len(pictures)), labels)


def _own(n: int) -> list[str]:
    return [str(i) for i in range(n)]
