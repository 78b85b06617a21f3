"""Where the z of new sounds come from: prior or density, a label's part of it, around a clip, or along a path."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from sonovae.dataset.saved_dataset import Dataset
from sonovae.errors import UserError
from sonovae.model import latent
from sonovae.model.density import Density, Floats, Points
from sonovae.model.latent import Space
from sonovae.model.saved_model import Model
from sonovae.params.sections import Generate
from sonovae.recordings import recordings_table

Place = Callable[[str], Floats]
"""The name of a label or recording → its z [latent_size]."""

DRAWS_A_PLACE = 4
"""Sounds of a walk from one place to the next, where it has no places of its own."""


def draw(space: Space, p: Generate, n: int, rng: np.random.Generator, place: Place) -> Points:
    """n new z [n, latent_size], from where generate's section says; UserError where there is no such place."""
    if p.label is not None:
        return of_label(space, p.label, p.label_scale, n, rng, p.temperature)
    if p.source in ("prior", "density"):
        source = space.density if p.source == "density" else space.prior
        if source is None:
            raise UserError("generate.from = prior: a plain autoencoder has none, take density")
        return source.sample(n, rng, p.temperature)
    places = [place(name) for name in p.of]
    if p.source == "clip":
        return variations(places[0], space.density, p.temperature, n, rng)
    if not places:
        places = list(
            space.density.sample(max(2, 1 + n // DRAWS_A_PLACE), rng, p.temperature).astype(float)
        )
    return along(np.stack(places), n, space.density.mean if p.path == "spherical" else None)


def places(trained: Model, data: Dataset, recordings: pd.DataFrame) -> Place:
    """Where labels and recordings lie: the mean of a label's part of the density, the posterior mean of a recording's
    first clip. `recordings` is their table."""

    def find(name: str) -> Floats:
        if name in trained.space.density.names:
            return trained.space.density.of(name).mean
        used = recordings_table.used(recordings)
        rows = np.flatnonzero(data.clips["sha256"].isin(used.loc[used["name"] == name, "sha256"]))
        if not len(rows):
            known = ", ".join(trained.space.density.names) or "none"
            raise UserError(
                f"generate.of = {name!r}: neither a label ({known}) nor a recording that has clips"
            )
        return latent.encode(trained.encoder, data.take(rows[:1]).pictures).mean[0].astype(float)

    return find


def of_label(
    space: Space,
    label: str,
    scale: float | None,
    n: int,
    rng: np.random.Generator,
    temperature: float = 1.0,
) -> Points:
    """n new z [n, latent_size] of a label: from its part of the density or, with a scale, around its mean, up to so far
    from it in each dimension, evenly."""
    if label not in space.density.names:
        raise UserError(
            f"generate.label = {label!r}: the model knows {', '.join(space.density.names) or 'no labels'}"
        )
    of = space.density.of(label)
    if scale is None:
        return of.sample(n, rng, temperature)
    return (of.mean + rng.uniform(-scale, scale, (n, len(of.mean)))).astype(np.float32)


def variations(
    z: Floats, density: Density, temperature: float, n: int, rng: np.random.Generator
) -> Points:
    """n z [n, latent_size] around one, as far as training clips lie from the middle of their cluster."""
    around = Density(np.ones(1), z[np.newaxis], density.covariances[:1], np.array([""]))
    return around.sample(n, rng, temperature)


def along(places: Floats, n: int, middle: Floats | None) -> Points:
    """n z [n, latent_size], evenly along a path through places [P, latent_size]: straight or, with a middle, on arcs
    around it, whose radius goes evenly from one place's to the next one's."""
    at = np.linspace(0, len(places) - 1, n)
    first = np.minimum(at.astype(int), len(places) - 2)
    steps = zip(places[first], places[first + 1], at - first, strict=True)
    return np.stack([_between(*step, middle) for step in steps]).astype(np.float32)


def _between(one: Floats, other: Floats, share: float, middle: Floats | None) -> Floats:
    if middle is None:
        return (1 - share) * one + share * other
    one, other = one - middle, other - middle
    radii = np.linalg.norm(one), np.linalg.norm(other)
    cosine = one @ other / max(float(np.prod(radii)), np.finfo(float).tiny)
    angle = np.arccos(np.clip(cosine, -1, 1))
    if min(radii) == 0 or np.sin(angle) < 1e-6:  # no arc leads there, or too many
        return middle + (1 - share) * one + share * other
    parts = np.sin((1 - share) * angle) / np.sin(angle), np.sin(share * angle) / np.sin(angle)
    direction = parts[0] * one / radii[0] + parts[1] * other / radii[1]
    return np.asarray(middle + ((1 - share) * radii[0] + share * radii[1]) * direction)
