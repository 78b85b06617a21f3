"""Model folder of a finished training."""

from pathlib import Path

from sonovae.dataset.saved_dataset import Dataset
from sonovae.model import architecture, latent, saved_networks, vae
from sonovae.params.train import Train
from sonovae.training.state import State


def write(folder: Path, data: Dataset, state: State, settings: Train, codec: Path) -> None:
    """Write weights, prior, snapshots and history, and the codec of the folder `codec`."""
    # A new model, on one device: the trained one may be spread over several.
    whole = vae.build(data.pictures.shape[1:], settings)
    pair = (whole.encoder, whole.decoder)
    for epoch, weights in state.snapshots.items():
        whole.set_weights(weights)
        saved_networks.save_snapshot(folder, epoch, pair)
    whole.set_weights(state.kept["best"])
    prior = latent.of_prior(whole.prior)
    saved_networks.save_history(folder, state.tables())
    built = architecture.of(data.pictures.shape[1:], settings)
    saved_networks.save(folder, built, pair, prior, settings.threads, codec)
