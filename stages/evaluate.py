"""evaluate: the model on the test split → data/evaluation: metrics and floors, reconstructions, maps."""

import json
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from sonovae import codec, dataset, health, latent, maps, metrics, model, params, plots, reconstruction, stage, tracking
from sonovae.params.sections import Evaluate

RAW, PICTURES, MODEL, OUT = "data/raw", "data/pictures", "data/model", "data/evaluation"
OUTS = (f"{OUT}/reconstructions", f"{OUT}/reconstructions.png", f"{OUT}/latent.png", f"{OUT}/health.png")


def main(root: Path) -> None:
    """Test pictures → posterior → pictures and sounds again."""
    p = params.load(root / "params.yaml").evaluate
    trained, fitted = model.load(root / MODEL), codec.load(root / MODEL)
    data = dataset.load(root / PICTURES)
    train, test = data.side("train"), data.side("test")
    posterior = latent.encode(trained.encoder, test.pictures)
    history = model.history(root / MODEL)
    restored = reconstruction.restore(trained, root / MODEL, posterior, test.pictures[:])
    found = reconstruction.score(trained, posterior, train.pictures[:], test.pictures[:], restored, p.seed)
    found["health"] = health.metrics(
        latent.encode(trained.encoder, train.pictures), trained.space.prior, history["losses"], p.seed
    )
    chosen = np.sort(np.random.default_rng(p.seed).permutation(len(test.clips))[: p.clips])
    shown = reconstruction.show(root / RAW, fitted, test, chosen, restored)
    with stage.whole(root / OUT) as out:
        found["codec"] = reconstruction.write(out / "reconstructions", fitted, shown, p.griffin_lim, p.seed)
        found = metrics.rounded(found) | {"model": {"parameters": trained.parameters}}
        (out / "metrics.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
        pictures = reconstruction.pictures(fitted, shown, 8)
        plots.save(plots.rows(pictures, fitted.extent, fitted.unit), out / "reconstructions.png")
        plots.save(maps_of(trained, data, p), out / "latent.png")
        plots.save(plots.health(**history), out / "health.png")
    tracking.result(root, "evaluate", trained.id, root / OUT, found)
    print(f"evaluate: {json.dumps(found)}")


def maps_of(trained: model.Model, data: dataset.Dataset, p: Evaluate) -> Figure:
    """The posterior means of clips from all splits, as maps."""
    rows = np.sort(np.random.default_rng(p.seed).permutation(len(data.clips))[: p.map_clips])
    z = latent.encode(trained.encoder, data.pictures[rows]).mean
    clips = data.clips.iloc[rows]
    return plots.maps(maps.draw(z, p.maps, p.seed), clips["label"].tolist(), (clips["split"] == "test").to_numpy())


if __name__ == "__main__":
    stage.run(main, *OUTS, in_git=f"{OUT}/metrics.json")
