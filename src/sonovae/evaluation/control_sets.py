"""Sets of sounds that are scored alike: generated ones, and controls whose rank is known."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sonovae.arrays import Item, Pictures
from sonovae.codec.base import Codec
from sonovae.codec.scaling import Scale
from sonovae.dataset.saved_dataset import Dataset
from sonovae.evaluation.inputs import Inputs
from sonovae.features import degraded
from sonovae.generation import sampling
from sonovae.quality import embedding
from sonovae.quality.embedding import Heard
from sonovae.runtime.progress import progress


@dataclass(frozen=True)
class Drawn:
    """Pictures [N, bins, frames] that become sounds, and the labels that these should have.

    Groups are those of the recordings; a new sound is a group of its own.
    """

    pictures: Pictures
    scales: Sequence[Scale]
    groups: list[str]
    labels: list[str] | None = None


@dataclass(frozen=True)
class Scored:
    """A set as it is heard, its levelled items and scales; groups and labels as in `Drawn`."""

    heard: Heard
    groups: list[str]
    labels: list[str] | None = None
    items: Sequence[Item] = ()
    scales: Sequence[Scale] = ()


def real(codec: Codec, clips: Dataset) -> Drawn:
    """Return the pictures of clips, with their own scales, groups and labels."""
    # Empty labels mean that there are none to be heard.
    labels = clips.clips["label"].tolist()
    groups = clips.clips["group"].tolist()
    scales = codec.clip_scales(clips.clips)
    return Drawn(clips.pictures[:], scales, groups, labels if any(labels) else None)


def generated(inputs: Inputs, like: Dataset, rng: np.random.Generator) -> dict[str, Drawn]:
    """Return pictures drawn as the generate stage draws them, as many as there are clips.

    If the model knows labels, as many more have the labels of the clips.
    """
    settings = inputs.generate
    space = inputs.studio.model.space
    n = len(like.clips)
    z = sampling.draw(space, settings, n, rng, inputs.place)
    asked = None if settings.label is None else [settings.label] * n
    sets = {"generated": _new(inputs, inputs.studio.decode(z), asked, rng)}
    labels = labels_like(inputs.studio.labels, like)
    if labels:
        z = sampling.of_labels(space, labels, settings, rng)
        sets["generated_by_label"] = _new(inputs, inputs.studio.decode(z), labels, rng)
    return sets


def labels_like(names: list[str], clips: Dataset) -> list[str] | None:
    """Return the labels of some clips; None if the model knows fewer than two.

    A label that it does not know is replaced by one that it knows.
    """
    if len(names) < 2:
        return None
    labels = clips.clips["label"].tolist()
    return [label if label in names else names[i % len(names)] for i, label in enumerate(labels)]


def hear(inputs: Inputs) -> dict[str, Scored]:
    """Return each set by name, as many of each as there are scored test clips."""
    codec = inputs.studio.codec
    n = len(inputs.scored_test.clips)
    rng = np.random.default_rng(inputs.settings.seed)
    test = real(codec, inputs.scored_test)
    originals = inputs.originals(inputs.scored_test)
    sets = {"real": _known(codec, test, originals)}
    sets |= _invert_all(inputs, _pictures(inputs, test, rng))
    # One mean picture stands for all.
    sets["mean_picture"] = _repeated(sets["mean_picture"], n)
    # Noise is made as a sound: a picture of noise would pass through the inverse.
    noise = [codec.noise(rng) for _ in range(n)]
    scales = [codec.typical] * n
    sets["white_noise"] = Scored(embedding.items(codec, noise), _own_groups(n), None, noise, scales)
    train = inputs.train.some(n, inputs.settings.seed)
    sets["training_copies"] = _known(codec, real(codec, train), inputs.originals(train))
    return sets | _degraded(codec, test, originals, rng)


def _degraded(
    codec: Codec, test: Drawn, originals: Sequence[Item], rng: np.random.Generator
) -> dict[str, Scored]:
    """Return test recordings that are wrong in one known way; none of images."""
    rate = codec.sample_rate
    if rate is None:
        return {}
    sets = {}
    for name, degrade in degraded.DEGRADED.items():
        items = [degrade(item, rate, rng) for item in originals]
        heard = embedding.items(codec, items)
        sets[name] = Scored(heard, test.groups, test.labels, items, test.scales)
    return sets


def _repeated(scored: Scored, n: int) -> Scored:
    """Repeat the only sound of a set."""
    heard = scored.heard[np.zeros(n, np.int64)]
    return Scored(heard, _own_groups(n), None, [*scored.items] * n, [*scored.scales] * n)


def _pictures(inputs: Inputs, test: Drawn, rng: np.random.Generator) -> dict[str, Drawn]:
    """Return the sets that are inverted to sounds; the order of draws from `rng` matters."""
    studio = inputs.studio
    baselines = inputs.baselines
    n = len(test.pictures)
    reconstructed = studio.decode(inputs.latents(inputs.scored_test))
    flat = test.pictures.reshape(n, -1)
    sets = {"inverse": test, "reconstructed": replace(test, pictures=reconstructed)}
    new_rng = np.random.default_rng(inputs.generate.seed)
    sets |= generated(inputs, inputs.scored_test, new_rng)
    labels = labels_like(inputs.studio.labels, inputs.scored_test)
    linear = inputs.pca_density.draw(labels, n, rng)
    sets["pca_density"] = _new(inputs, linear, labels, rng)
    mean = baselines.mean[np.newaxis]
    sets["mean_picture"] = Drawn(mean, [studio.codec.typical], _own_groups(1))
    shuffled = rng.permuted(flat, axis=1).reshape(test.pictures.shape)
    sets["shuffled_pixels"] = replace(test, pictures=shuffled)
    return sets


def _invert_all(inputs: Inputs, sets: dict[str, Drawn]) -> dict[str, Scored]:
    """Turn sets of pictures into sounds and analyse those as recordings are."""
    # All sets in one stream: no core waits at the end of a set.
    pictures = itertools.chain.from_iterable(drawn.pictures for drawn in sets.values())
    scales = itertools.chain.from_iterable(drawn.scales for drawn in sets.values())
    total = sum(len(drawn.pictures) for drawn in sets.values())
    inverted = inputs.studio.invert(pictures, scales)
    items: Iterator[Item] = progress(inverted, "evaluate", "sounds", total)
    scored = {}
    for name, drawn in sets.items():
        own = list(itertools.islice(items, len(drawn.pictures)))
        heard = embedding.items(inputs.studio.codec, own)
        scored[name] = Scored(heard, drawn.groups, drawn.labels, own, drawn.scales)
    return scored


def _known(codec: Codec, drawn: Drawn, originals: Sequence[Item]) -> Scored:
    heard = embedding.known(codec, drawn.pictures, drawn.scales)
    return Scored(heard, drawn.groups, drawn.labels, originals, drawn.scales)


def _new(
    inputs: Inputs, pictures: Pictures, labels: list[str] | None, rng: np.random.Generator
) -> Drawn:
    """Return new pictures with the levels of random recordings, of the labels if there are any."""
    n = len(pictures)
    levels = inputs.studio.model.levels
    if labels is None:
        gains = levels.draw(None, n, rng)
    else:
        gains = np.concatenate([levels.draw(label, 1, rng) for label in labels])
    scales = inputs.studio.codec.new_scales(gains)
    return Drawn(pictures, scales, _own_groups(n), labels)


def _own_groups(n: int) -> list[str]:
    # Named unlike the recordings' groups, which may be numbers.
    return [f"new sound {i}" for i in range(n)]
