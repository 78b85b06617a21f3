"""generate: data/model → data/samples: new sounds, each a WAV and a picture, and their index."""

from pathlib import Path

import numpy as np
import pandas as pd

from sonovae import codec, latent, model, params, plots, stage, tracking, waveform
from sonovae.progress import progress

MODEL, OUT = "data/model", "data/samples"


def main(root: Path) -> None:
    """z from the prior or the density → pictures → sounds."""
    p = params.load(root / "params.yaml").generate
    trained, c = model.load(root / MODEL), codec.load(root / MODEL)
    density = trained.density if p.source == "density" else latent.standard_normal(len(trained.density.mean))
    z = density.sample(p.sounds, np.random.default_rng(p.seed))
    pictures = latent.decode(trained.decoder, z)
    rows = []
    with stage.whole(root / OUT) as out:
        for n, picture in enumerate(progress(pictures, "generate", "sounds"), start=1):
            samples = c.decode(picture, None, p.griffin_lim, p.seed)
            name = f"sound_{n:03d}"
            waveform.write(out / f"{name}.wav", samples, c.waveform.sample_rate)
            plots.save(plots.sound(picture, c.extent, name), out / f"{name}.png")
            seconds = len(samples) / c.waveform.sample_rate
            rows.append({"sound": f"{name}.wav", "picture": f"{name}.png", "row_of_z": n - 1, "seconds": seconds})
        index = pd.DataFrame(rows).assign(seed=p.seed, model=trained.id, **{"from": p.source})
        index.to_csv(out / "index.csv", index=False, lineterminator="\n")
        np.save(out / "z.npy", z)
        plots.save(plots.rows({"generated": pictures[:8]}, c.extent), out / "gallery.png")
    tracking.result(root, "generate", trained.id, root / OUT)
    print(f"generate: {p.sounds} new sounds in {OUT}: listen to {OUT}/sound_001.wav, look at {OUT}/gallery.png")


if __name__ == "__main__":
    stage.run(main, OUT)
