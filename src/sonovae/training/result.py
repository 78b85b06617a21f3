"""Model folder of a finished training."""

from pathlib import Path

from sonovae.dataset.saved_dataset import Dataset
from sonovae.model import architecture, backend, latent, saved_model, vae
from sonovae.params.train import Train
from sonovae.training.state import State


def write(folder: Path, data: Dataset, state: State, settings: Train, codec: Path) -> None:
    """Write weights, latent space, snapshots and history, and the codec of the folder `codec`."""
    # A new model, on one device: the trained one may be spread over several.
    whole = vae.build(data.pictures.shape[1:], settings)
    whole.encoder.compile(jit_compile=backend.jit())
    pair = (whole.encoder, whole.decoder)
    for epoch, weights in state.snapshots.items():
        whole.set_weights(weights)
        saved_model.save_snapshot(folder, epoch, pair)
    whole.set_weights(state.kept["best"])
    train = data.side("train")
    posterior = latent.encode(whole.encoder, train.pictures)
    held_out = latent.encode(whole.encoder, data.side("validation").pictures)
    density = latent.fit(posterior, train.clips["label"], held_out, settings.seed)
    space = latent.Space(latent.of_prior(whole.prior), density)
    saved_model.save_history(folder, state.tables())
    built = architecture.of(data.pictures.shape[1:], settings)
    saved_model.save(folder, built, pair, space, settings.threads, codec)
