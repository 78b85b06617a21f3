"""Prior of trained networks: the distribution of z of the training clips, and their levels."""

from pathlib import Path

from sonovae.dataset.saved_dataset import Dataset
from sonovae.model import latent, saved_prior
from sonovae.model.density import Density
from sonovae.model.latent import Posterior
from sonovae.model.levels import Levels
from sonovae.model.saved_networks import Networks
from sonovae.params.prior import Prior


def write(folder: Path, data: Dataset, networks: Networks, settings: Prior) -> Density:
    """Fit the prior of `networks`, write it with the levels of the training clips, and return it.

    Validation clips choose its size.
    """
    train = data.side("train")
    posterior = latent.encode(networks.encoder, train.pictures)
    held_out = latent.encode(networks.encoder, data.side("validation").pictures)
    labels = train.clips["label"].tolist()
    density = _fit(posterior, labels, held_out, settings)
    saved_prior.save(folder, settings.kind, density, levels(train), networks.id)
    return density


def levels(train: Dataset) -> Levels:
    """Return gain, label and group [N] of each training clip."""
    clips = train.clips
    return Levels(
        clips["gain"].to_numpy(float),
        clips["label"].to_numpy(str),
        clips["group"].to_numpy(str),
    )


def _fit(posterior: Posterior, labels: list[str], held_out: Posterior, settings: Prior) -> Density:
    match settings.kind:
        case "mixture":
            return latent.fit(posterior, labels, held_out, settings.seed)
