"""train: data/pictures → data/model: the autoencoder, its codec and latent densities, and its losses."""

from pathlib import Path

import pandas as pd

from sonovae import backend, checksums, dataset, latent, model, networks, params, priors, stage, tracking, training, vae

PICTURES, OUT = "data/pictures", "data/model"


def main(root: Path) -> None:
    """Train on the training split, keep the best weights by validation loss, fit the densities."""
    p = params.load(root / "params.yaml").train
    backend.prepare(p.threads)
    backend.seed(p.seed)
    checksums.verify(root / PICTURES, "preprocess")
    data = dataset.load(root / PICTURES)
    train, validation = data.side("train"), data.side("validation")
    shape = train.pictures.shape[1:]
    encoder, decoder = networks.build(shape, p.encoder, p.decoder, p.latent_size, p.prior)
    prior = priors.build(p.prior, p.latent_size, p.components)
    whole = vae.VAE(encoder, decoder, prior, vae.terms(p, prior), p.seed)
    losses: list[dict[str, float]] = []
    run = tracking.Training(root)
    with stage.whole(root / OUT) as out:

        def on_epoch(epoch: int, values: dict[str, float]) -> None:
            losses.append({"epoch": epoch, **values})
            run.epoch(epoch, values)
            if epoch in p.snapshots:
                model.save_snapshot(out, epoch, encoder, decoder)

        training.fit(whole, train.pictures, validation.pictures, p, on_epoch, out / "best.weights.h5")
        (out / "best.weights.h5").unlink()
        encoder.compile(jit_compile=True)
        posterior = latent.encode(encoder, train.pictures)
        classes = latent.class_means(posterior, train.clips["label"])
        space = latent.Space(latent.diagonal(*prior.gaussians()) if prior else None, latent.fit(posterior), classes)
        model_id = model.save(out, encoder, decoder, space, p, root / PICTURES)
        pd.DataFrame(losses).to_csv(out / "losses.csv", index=False, float_format="%.6g", lineterminator="\n")
    run.trained(root / OUT, model_id)


if __name__ == "__main__":
    stage.run(main, OUT)
