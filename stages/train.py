"""train: data/pictures → data/model: the variational autoencoder, its codec and latent density, and its losses."""

from pathlib import Path

import pandas as pd

from sonovae import backend, dataset, latent, model, networks, params, stage, tracking, training
from sonovae.vae import VAE

PICTURES, OUT = "data/pictures", "data/model"


def main(root: Path) -> None:
    """Train on the training split, keep the best weights by validation loss, fit the density."""
    p = params.load(root / "params.yaml").train
    backend.prepare(p.threads)
    backend.seed(p.seed)
    data = dataset.load(root / PICTURES)
    train, validation = data.side("train").pictures, data.side("validation").pictures
    shape = train.shape[1:]
    encoder = networks.encoder(shape, p.encoder, p.latent_size)
    decoder = networks.decoder(shape, p.decoder, p.latent_size)
    vae = VAE(encoder, decoder, {"mse": p.mse_weight, "kl": p.kl_weight}, p.seed)
    losses: list[dict[str, float]] = []
    run = tracking.Training(root)

    def on_epoch(epoch: int, values: dict[str, float]) -> None:
        losses.append({"epoch": epoch, **values})
        run.epoch(epoch, values)

    with stage.whole(root / OUT) as out:
        training.fit(vae, train, validation, p, on_epoch, out / "best.weights.h5")
        (out / "best.weights.h5").unlink()
        encoder.compile(jit_compile=True)
        density = latent.fit(latent.encode(encoder, train))
        model_id = model.save(out, encoder, decoder, density, p, root / PICTURES)
        pd.DataFrame(losses).to_csv(out / "losses.csv", index=False, float_format="%.6g", lineterminator="\n")
    run.trained(root / OUT, model_id)


if __name__ == "__main__":
    stage.run(main, OUT)
