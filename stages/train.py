"""train: data/pictures → data/model: the autoencoder, its codec and latent densities, and its losses."""

from pathlib import Path

from sonovae import atomic, params, tracking
from sonovae.dataset import saved_dataset
from sonovae.model import backend, latent, saved_model, vae
from sonovae.params.train import Train
from sonovae.runtime import checksums, environment, stage
from sonovae.tracking import provenance
from sonovae.training import checkpoint, trainer
from sonovae.training.state import State

PICTURES, OUT = "data/pictures", "data/model"


def main(root: Path) -> None:
    """Train on the training split, from the last checkpoint on, and write the best weights by validation loss. Of
    several workers the first alone writes."""
    p = params.load(root / "params.yaml").train
    backend.prepare(p.threads, p.reproducible)
    checksums.verify(root / PICTURES, "preprocess")
    data, home, made = (
        saved_dataset.load(root / PICTURES),
        environment.home(root),
        provenance.now(root, "train"),
    )
    if backend.worker()[0] > 0:
        learn(data, p, checkpoint.of_another(home, made.key), lambda *_: None)
        return
    with checkpoint.of(home, made.key) as kept, tracking.training(root, made) as run:
        state = learn(data, p, kept, run.epoch)
        write(root, data, state, p)
        run.trained()
        kept.delete()


def learn(
    data: saved_dataset.Dataset, p: Train, kept: checkpoint.Checkpoints, on_epoch: trainer.OnEpoch
) -> State:
    """Train on the devices that the environment names."""
    backend.seed(p.seed)
    with backend.distribute(p.threads):
        return trainer.fit(vae.build(data.pictures.shape[1:], p), data, p, kept, on_epoch)


def write(root: Path, data: saved_dataset.Dataset, state: State, p: Train) -> None:
    """Write the model's folder, on one device."""
    train, whole = data.side("train"), vae.build(data.pictures.shape[1:], p)
    whole.encoder.compile()
    with atomic.folder(root / OUT) as out:
        for epoch, weights in state.snapshots.items():
            whole.set_weights(weights)
            saved_model.save_snapshot(out, epoch, whole.encoder, whole.decoder)
        whole.set_weights(state.kept["best"])
        posterior = latent.encode(whole.encoder, train.pictures)
        held_out = latent.encode(whole.encoder, data.side("validation").pictures)
        density = latent.fit(posterior, train.clips["label"], held_out, p.seed)
        space = latent.Space(latent.of_prior(whole.prior), density)
        saved_model.save_history(out, state.tables())
        saved_model.save(out, whole.encoder, whole.decoder, space, p, root / PICTURES)


if __name__ == "__main__":
    stage.run(main, OUT)
