"""generate: data/model → data/samples: new sounds, each a WAV and a picture, or new images, and their index."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sonovae import atomic, params, tracking
from sonovae.codec import saved_codec, waveform
from sonovae.codec.picture import Item
from sonovae.codec.saved_codec import Codec
from sonovae.dataset import saved_dataset
from sonovae.generation import item_files, sampling
from sonovae.model import latent, saved_model
from sonovae.pages import page, plots
from sonovae.params.sections import Generate
from sonovae.recordings import recordings_table
from sonovae.runtime import stage
from sonovae.runtime.progress import progress

PICTURES, MODEL, OUT = "data/pictures", "data/model", "data/samples"


def main(root: Path) -> None:
    """z from where the parameters say → pictures → sounds; of a walk, one sound."""
    p = params.load(root / "params.yaml").generate
    trained, c = saved_model.load(root / MODEL), saved_codec.load(root / MODEL)
    recordings = recordings_table.read(root / PICTURES / "recordings.csv")
    place = sampling.places(trained, saved_dataset.load(root / PICTURES), recordings)
    z = sampling.draw(trained.space, p, p.sounds, np.random.default_rng(p.seed), place)
    pictures = latent.decode(trained.decoder, z)
    made = saved_codec.sounds(c, pictures, [c.typical] * p.sounds, p.griffin_lim, p.seed)
    items: Sequence[Item] = list(progress(made, "generate", c.kind + "s", p.sounds))
    if p.source == "walk" and isinstance(c, saved_codec.Sound):
        items = [waveform.crossfade(np.stack(items), len(items[0]) // 2)]
    about = item_files.provenance(trained.id, p.seed, how(p))
    about |= {"rows_of_z": f"0-{p.sounds - 1}"} if len(items) < p.sounds else {}
    with atomic.folder(root / OUT) as out:
        rows = [write(out, c, item, n, about) for n, item in enumerate(items)]
        pd.DataFrame(rows).to_csv(out / "index.csv", index=False, lineterminator="\n")
        np.save(out / "z.npy", z)
        plots.save(
            plots.rows({"generated": list(pictures[:8])}, c.extent, c.unit), out / "gallery.png"
        )
        content = {"kind": c.kind, "about": about, "rows": page.players(out, c.kind)}
        page.write(out / "gallery.html", "gallery.html", content)
    tracking.result(root, "generate")
    print(
        f"generate: {len(items)} new {c.kind}s in {OUT}: open {OUT}/gallery.html to look at them, and to listen"
    )


def how(p: Generate) -> dict[str, Any]:
    """How z is drawn."""
    found: dict[str, Any] = {"from": p.source, "temperature": p.temperature}
    found |= {"of": list(p.of)} if p.of else {}
    found |= {"path": p.path} if p.source in ("between", "walk") else {}
    return found | ({"label": p.label, "label_scale": p.label_scale} if p.label is not None else {})


def write(out: Path, c: Codec, item: Item, n: int, said: dict[str, Any]) -> dict[str, Any]:
    """Write the n-th levelled clip or image; its row of the index."""
    name, said = item_files.write_new(out, c, item, n, said)
    row = {"picture": f"{name}.png"} | said
    if not isinstance(c, saved_codec.Sound):
        return row
    return {"sound": f"{name}.wav", **row, "seconds": len(item) / c.waveform.sample_rate}


if __name__ == "__main__":
    stage.run(main, OUT)
