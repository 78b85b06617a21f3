"""Figures of an evaluation, each by the name of its file."""

from collections.abc import Callable

import numpy as np
from matplotlib.figure import Figure

from sonovae.evaluation import maps, reconstructions
from sonovae.evaluation.inputs import Inputs
from sonovae.evaluation.reconstructions import Shown
from sonovae.model import latent
from sonovae.pages import plots

MOST_PICTURES = 8
"""Pictures in a row of a figure: more would be too small to see."""
DIMENSIONS = 5
"""Dimensions of z that are moved along, the strongest first."""
STEPS = np.linspace(-2.5, 2.5, 7)
"""How far, in standard deviations of the density."""

TITLES = {
    "reconstructions": "Originals over reconstructions",
    "health": "Errors by epoch, and each dimension of z",
    "latent": "Maps of the latent space",
    "traversal": "Along single dimensions of z",
}
"""Titles on the result page, by the file's name."""


def begin_maps(inputs: Inputs) -> Callable[[], Figure]:
    """Begin to map the posterior means of clips from all splits; return what ends it."""
    settings = inputs.settings
    chosen = inputs.dataset.some(settings.map_clips, settings.seed)
    finish = maps.begin(inputs.latents(chosen), settings.maps, settings.seed)
    in_test = (chosen.clips["split"] == "test").to_numpy()
    return lambda: plots.maps(finish(), chosen.clips["label"].tolist(), in_test)


def draw(inputs: Inputs, shown: Shown, latent_maps: Figure) -> dict[str, Figure]:
    """Return all figures, in the order of `TITLES`."""
    codec = inputs.studio.codec
    rows = reconstructions.pictures(codec, shown, MOST_PICTURES)
    return {
        "reconstructions": plots.rows(rows, codec.extent, codec.unit),
        "health": plots.health(**inputs.history),
        "latent": latent_maps,
        "traversal": _traversal(inputs),
    }


def _traversal(inputs: Inputs) -> Figure:
    """Move along the dimensions of most KL or, without a standard prior, of most variance."""
    studio = inputs.studio
    model = studio.model
    density = model.space.density
    channels = model.architecture.latent_size
    # Only a standard prior has a KL for each dimension.
    if model.space.prior and model.space.prior.is_standard:
        strength = latent.kl_by_dim(inputs.posterior(inputs.train), channels)
    else:
        strength = density.variance.reshape(-1, channels).mean(axis=0)
    rows = {}
    for dimension in np.argsort(-strength)[:DIMENSIONS]:
        z = latent.traverse(density, dimension, STEPS, channels)
        rows[f"dimension {dimension + 1}"] = list(studio.decode(z))
    return plots.rows(rows, studio.codec.extent, studio.codec.unit)
