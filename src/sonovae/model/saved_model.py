"""A complete model from its folders: the networks, and the prior that was fitted to them."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import keras

from sonovae.distributions.density import Density
from sonovae.distributions.flow import Flow
from sonovae.distributions.levels import Levels
from sonovae.model import saved_networks, saved_prior
from sonovae.model.architecture import Architecture
from sonovae.model.textured_decoder import TexturedDecoder


@dataclass(frozen=True)
class Space:
    """Prior of the training (None in a plain autoencoder), the density that was fitted to the
    training posteriors afterwards, and a flow if that is what new z are drawn from."""

    prior: Density | None
    density: Density
    flow: Flow | None = None


@dataclass(frozen=True)
class Model:
    """Networks that are ready to use, their latent space, the levels of new sounds, and the
    SHA-256 that names all of these, which each sound holds."""

    encoder: keras.Model
    decoder: keras.Model | TexturedDecoder
    space: Space
    levels: Levels
    architecture: Architecture
    id: str

    @property
    def latent_size(self) -> int:
        """Numbers in z of a clip."""
        return self.architecture.numbers

    @property
    def parameters(self) -> int:
        """Count of both networks' parameters, also of those that are not trained."""
        return int(self.encoder.count_params() + self.decoder.count_params())


def load(folder: Path) -> Model:
    """Load the model in a folder, with the prior in `folder`/prior or, without one, next to it.

    Raises UserError if there is no model or no prior of it, or other bytes than were saved. The
    last digits of its results depend on `backend.prepare` with `saved_networks.threads(folder)`.
    """
    # First the prior, which takes less time: it is missing until its stage has run.
    built = saved_networks.architecture(folder)
    at = saved_prior.folder_of(folder)
    prior = saved_prior.load(at, saved_networks.identify(folder), built)
    networks = saved_networks.load(folder)
    parts = prior.parts
    return Model(
        networks.encoder,
        parts.decoder or networks.decoder,
        Space(networks.prior, parts.density, parts.flow),
        parts.levels,
        built,
        _id(networks.id, prior.id),
    )


def identify(folder: Path) -> str:
    """Return the id of the model in a folder, as it was saved; UserError as of `load`."""
    networks = saved_networks.identify(folder)
    prior = saved_prior.identify(saved_prior.folder_of(folder), networks)
    return _id(networks, prior)


def _id(networks: str, prior: str) -> str:
    """SHA-256 of the ids of the networks and of their prior."""
    return hashlib.sha256(f"{networks}{prior}".encode()).hexdigest()
