"""generate: data/model → data/samples: new sounds, each a WAV and a picture, or new images, and their index."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sonovae import codec, hearing, latent, model, params, playable, plots, stage, tracking, waveform
from sonovae.clips import Item
from sonovae.codec import Codec
from sonovae.progress import progress

MODEL, OUT = "data/model", "data/samples"


def main(root: Path) -> None:
    """z from the prior, the density or around a class → pictures → sounds."""
    p = params.load(root / "params.yaml").generate
    trained, c = model.load(root / MODEL), codec.load(root / MODEL)
    z = latent.draw(trained.space, p, p.sounds, np.random.default_rng(p.seed))
    pictures = latent.decode(trained.decoder, z)
    with stage.whole(root / OUT) as out:
        made = hearing.sounds(c, pictures, [c.typical] * p.sounds, p.griffin_lim, p.seed)
        rows = [write(out, c, item, n) for n, item in enumerate(progress(made, "generate", c.kind + "s", p.sounds))]
        source = p.source if p.label is None else "label"
        index = pd.DataFrame(rows).assign(seed=p.seed, model=trained.id, label=p.label, **{"from": source})
        index.to_csv(out / "index.csv", index=False, lineterminator="\n")
        np.save(out / "z.npy", z)
        plots.save(plots.rows({"generated": list(pictures[:8])}, c.extent, c.unit), out / "gallery.png")
    tracking.result(root, "generate", trained.id, root / OUT)
    first = f"listen to {OUT}/sound_001.wav, " if isinstance(c, codec.Sound) else ""
    print(f"generate: {p.sounds} new {c.kind}s in {OUT}: {first}look at {OUT}/gallery.png")


def write(out: Path, c: Codec, item: Item, n: int) -> dict[str, Any]:
    """Write the n-th levelled clip or image; its row of the index."""
    name = f"{c.kind}_{n + 1:03d}"
    row: dict[str, Any] = {"picture": f"{name}.png", "row_of_z": n}
    if not isinstance(c, codec.Sound):
        playable.write(out / name, c, item)
        return row
    samples = waveform.unlevel(item, c.typical.gain)
    playable.write(out / name, c, samples)
    return {"sound": f"{name}.wav", **row, "seconds": len(samples) / c.waveform.sample_rate}


if __name__ == "__main__":
    stage.run(main, OUT)
