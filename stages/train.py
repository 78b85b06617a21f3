"""train: data/pictures → data/model: the autoencoder, its codec and latent densities, and its losses."""

from pathlib import Path

from sonovae import (
    backend,
    checkpoint,
    checksums,
    dataset,
    latent,
    model,
    networks,
    params,
    priors,
    provenance,
    stage,
    tracking,
    training,
    vae,
)
from sonovae.params.train import Train

PICTURES, OUT = "data/pictures", "data/model"


def main(root: Path) -> None:
    """Train on the training split, from the last checkpoint on, and write the best weights by validation loss."""
    p = params.load(root / "params.yaml").train
    backend.prepare(p.threads)
    backend.seed(p.seed)
    checksums.verify(root / PICTURES, "preprocess")
    data = dataset.load(root / PICTURES)
    whole, inputs = build(data, p), provenance.inputs(root, "train")
    with checkpoint.of(provenance.home(root), provenance.key(inputs)) as kept, tracking.training(root, inputs) as run:
        state = training.fit(whole, data.side("train"), data.side("validation"), p, kept, run.epoch)
        model_id = write(root, whole, state, data.side("train"), p)
        run.trained(root / OUT, model_id)
        kept.delete()


def build(data: dataset.Dataset, p: Train) -> vae.VAE:
    """The autoencoder, which has learned nothing yet."""
    encoder, decoder = networks.build(data.pictures.shape[1:], p.encoder, p.decoder, p.latent_size, p.prior)
    prior = priors.build(p.prior, p.latent_size, p.components)
    return vae.VAE(encoder, decoder, prior, vae.terms(p, prior), p.seed)


def write(root: Path, whole: vae.VAE, state: training.State, train: dataset.Dataset, p: Train) -> str:
    """Write the model's folder; returns its id."""
    with stage.whole(root / OUT) as out:
        for epoch, weights in state.snapshots.items():
            whole.set_weights(weights)
            model.save_snapshot(out, epoch, whole.encoder, whole.decoder)
        whole.set_weights(state.kept["best"])
        posterior = latent.encode(whole.encoder, train.pictures)
        prior = latent.diagonal(*whole.prior.gaussians()) if whole.prior else None
        space = latent.Space(prior, latent.fit(posterior), latent.class_means(posterior, train.clips["label"]))
        model.save_history(out, training.tables(state))
        return model.save(out, whole.encoder, whole.decoder, space, p, root / PICTURES)


if __name__ == "__main__":
    stage.run(main, OUT)
