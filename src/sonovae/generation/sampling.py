"""Where the z of new sounds come from: the prior, a label of it, around a clip, along a path."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sonovae.arrays import Floats64, Latents
from sonovae.dataset import saved_dataset
from sonovae.distributions.density import Density
from sonovae.distributions.flow import Request
from sonovae.errors import UserError
from sonovae.model import latent
from sonovae.model.saved_model import Model, Space
from sonovae.params.sections import Generate
from sonovae.recordings import recordings_table

Place = Callable[[str], Floats64]
"""The name of a label or recording → its z [latent_size]."""

DRAWS_PER_PLACE = 4
"""Sounds of a walk from one drawn place to the next: near enough that each is heard to move."""


def draw(
    space: Space,
    settings: Generate,
    n: int,
    rng: np.random.Generator,
    place: Place,
    frames: int | None = None,
) -> Latents:
    """Return n new z [n, latent_size], from where generate's section says.

    A flow can draw another number of latent frames than a clip has. Raises UserError if there is
    no such place.
    """
    temperature = settings.temperature
    if settings.source == "prior":
        return of_prior(space, request(settings), n, rng, frames, settings.label_scale)
    if settings.source == "standard_normal":
        if space.prior is None:
            raise UserError(
                "generate.from = standard_normal: a plain autoencoder was trained without one;"
                " choose prior"
            )
        return space.prior.sample(n, rng, temperature)
    places = [place(name) for name in settings.of]
    if settings.source == "clip":
        return variations(places[0], space.density, temperature, n, rng)
    if not places:
        # A walk without places goes through drawn ones.
        count = max(2, 1 + n // DRAWS_PER_PLACE)
        drawn = of_prior(space, request(settings), count, rng)
        places = list(drawn.astype(float))
    centre = space.density.mean if settings.path == "spherical" else None
    return along(np.stack(places), n, centre)


def request(settings: Generate) -> Request:
    """Return what generate's section asks the prior for."""
    return Request(
        settings.label,
        settings.group,
        settings.temperature,
        settings.steps,
        settings.guidance,
    )


def of_prior(
    space: Space,
    asked: Request,
    n: int,
    rng: np.random.Generator,
    frames: int | None = None,
    scale: float | None = None,
) -> Latents:
    """Draw n new z from the learned prior: [n, latent_size], or so many latent frames of a flow.

    `scale` is generate.label_scale of a mixture. Raises UserError for a label or group that the
    prior does not know, and for what only a flow can do.
    """
    if space.flow:
        if asked.label is None:
            # With a label it has guidance, and without one it would mix them.
            asked = replace(asked, label=space.flow.random_labels(n, rng))
        return space.flow.draw(n, asked, rng, frames)
    if asked.group is not None or frames is not None:
        what = "generate.seconds" if frames else f"generate.group = {asked.group!r}"
        raise UserError(f"{what} needs prior.kind = flow, and this prior is a mixture")
    if asked.label is None:
        return space.density.sample(n, rng, asked.temperature)
    return of_label(space, str(asked.label), scale, n, rng, asked.temperature)


def describe(settings: Generate) -> dict[str, Any]:
    """Return how generate's section draws z, for the provenance of what is made."""
    how: dict[str, Any] = {
        "from": settings.source,
        "temperature": settings.temperature,
    }
    if settings.of:
        how["of"] = list(settings.of)
    if settings.source in ("between", "walk"):
        how["path"] = settings.path
    if settings.label is not None:
        how["label"] = settings.label
        how["label_scale"] = settings.label_scale
    if settings.group is not None:
        how["group"] = settings.group
    if settings.seconds is not None:
        how["seconds"] = settings.seconds
    return how


def of_labels(
    space: Space, labels: Sequence[str], settings: Generate, rng: np.random.Generator
) -> Latents:
    """Draw z [n, latent_size], one of each of n labels, as generate's section draws."""
    asked = request(settings)
    if space.flow:
        return space.flow.draw(len(labels), replace(asked, label=labels), rng)
    scale = settings.label_scale
    temperature = settings.temperature
    # In the order of the labels, as all draws come from one generator.
    draws = [of_label(space, label, scale, 1, rng, temperature) for label in labels]
    return np.concatenate(draws)


def places(model: Model, pictures: Path, recordings: Path) -> Place:
    """Return what finds z [latent_size] of labels and recordings.

    A label lies at the mean of its part of the density, a recording at the posterior mean of its
    first clip. Dataset and table are read only if a recording is asked for.
    """

    def find(name: str) -> Floats64:
        density = model.space.density
        if name in density.names:
            return density.of(name).mean
        dataset = saved_dataset.load(pictures)
        used = recordings_table.used(recordings_table.read(recordings))
        hashes = used.loc[used["name"] == name, "sha256"]
        rows = np.flatnonzero(dataset.clips["sha256"].isin(hashes))
        if not len(rows):
            known = ", ".join(density.names) or "none"
            raise UserError(
                f"generate.of = {name!r}: neither a label ({known}) nor a recording that has clips"
            )
        # Later clips of a long recording may sound quite different.
        first = dataset.take(rows[:1]).pictures
        return latent.encode(model.encoder, first).mean[0].astype(float)

    return find


def of_label(
    space: Space,
    label: str,
    scale: float | None,
    n: int,
    rng: np.random.Generator,
    temperature: float,
) -> Latents:
    """Return n new z [n, latent_size] of a label: drawn from its part of the density.

    With a scale they are uniform around its mean, up to so far from it in each dimension.
    """
    names = space.density.names
    if label not in names:
        known = ", ".join(names) or "no labels"
        raise UserError(f"generate.label = {label!r}: the model knows {known}")
    of = space.density.of(label)
    if scale is None:
        return of.sample(n, rng, temperature)
    return (of.mean + rng.uniform(-scale, scale, (n, len(of.mean)))).astype(np.float32)


def variations(
    z: Floats64,
    density: Density,
    temperature: float,
    n: int,
    rng: np.random.Generator,
) -> Latents:
    """Return n z [n, latent_size] around one, as far as clips from their cluster's middle."""
    # One Gaussian with the spread of a cluster, moved to z.
    around = Density(np.ones(1), z[np.newaxis], density.covariances[:1], np.array([""]))
    return around.sample(n, rng, temperature)


def along(places: Floats64, n: int, centre: Floats64 | None) -> Latents:
    """Return n z [n, latent_size], evenly spaced along a path through places [P, latent_size].

    The path is straight or, with a centre, on arcs around it whose radius changes evenly.
    """
    # Positions in units of steps: 1.5 is half way between the second place and the third.
    at = np.linspace(0, len(places) - 1, n)
    first = np.minimum(at.astype(int), len(places) - 2)
    steps = zip(places[first], places[first + 1], at - first, strict=True)
    return np.stack([_between(*step, centre) for step in steps]).astype(np.float32)


def _between(start: Floats64, end: Floats64, share: float, centre: Floats64 | None) -> Floats64:
    if centre is None:
        return (1 - share) * start + share * end
    start = start - centre
    end = end - centre
    radii = np.linalg.norm(start), np.linalg.norm(end)
    cosine = start @ end / max(float(np.prod(radii)), np.finfo(float).tiny)
    angle = np.arccos(np.clip(cosine, -1, 1))
    if min(radii) == 0 or np.sin(angle) < 1e-6:  # no arc leads there, or infinitely many do
        return centre + (1 - share) * start + share * end
    # Spherical interpolation (Shoemake 1985).
    from_start = np.sin((1 - share) * angle) / np.sin(angle)
    from_end = np.sin(share * angle) / np.sin(angle)
    direction = from_start * start / radii[0] + from_end * end / radii[1]
    radius = (1 - share) * radii[0] + share * radii[1]
    return np.asarray(centre + radius * direction)
