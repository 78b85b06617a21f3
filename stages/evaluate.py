"""evaluate: the model on the test split, and what it generates beside controls → data/evaluation."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from sonovae import (
    accuracy,
    codec,
    controls,
    dataset,
    floors,
    health,
    judge,
    latent,
    maps,
    metrics,
    model,
    params,
    plots,
    reconstruction,
    scoring,
    stage,
    tracking,
)
from sonovae.codec import Codec
from sonovae.dataset import Dataset
from sonovae.model import Model
from sonovae.params.sections import Evaluate, Params

RAW, PICTURES, MODEL, JUDGE, OUT = "data/raw", "data/pictures", "data/model", "data/judge", "data/evaluation"
OUTS = (
    f"{OUT}/reconstructions",
    f"{OUT}/reconstructions.png",
    f"{OUT}/latent.png",
    f"{OUT}/health.png",
    f"{OUT}/clips.csv",
    f"{OUT}/breakdown.csv",
    f"{OUT}/scores.csv",
)


def main(root: Path) -> None:
    """Test pictures → posterior → pictures and sounds again; new sounds → scores."""
    p = params.load(root / "params.yaml")
    trained, c = model.load(root / MODEL), codec.load(root / MODEL)
    data, history = dataset.load(root / PICTURES), model.history(root / MODEL)
    test, lower = data.side("test"), floors.fit(data.side("train").pictures, trained.latent_size, p.evaluate.seed)
    clips = accuracy.measure(trained, root / MODEL, c, test, lower, _variance(history["losses"]), p.evaluate.seed)
    scores = score(root, trained, c, data, lower, p)
    shown = test.some(p.evaluate.clips, p.evaluate.seed)
    restored = reconstruction.restore(trained, root / MODEL, shown.pictures[:])
    seen = reconstruction.show(root / RAW, c, shown, restored)
    found: dict[str, Any] = accuracy.summary(clips, p.evaluate.scoring.resamples, p.evaluate.seed)
    found["health"] = well(trained, data, history["losses"], p.evaluate)
    with stage.whole(root / OUT) as out:
        found["codec"] = reconstruction.write(out / "reconstructions", c, seen, p.evaluate.griffin_lim, p.evaluate.seed)
        found |= {"generated": scores.loc["generated"].dropna().to_dict(), "model": {"parameters": trained.parameters}}
        text = json.dumps(metrics.rounded(found), indent=2)
        (out / "metrics.json").write_text(text + "\n", encoding="utf-8")
        for name, table in (("clips", clips), ("breakdown", accuracy.breakdown(clips))):
            table.to_csv(out / f"{name}.csv", index=False, float_format="%.6g", lineterminator="\n")
        scores.to_csv(out / "scores.csv", float_format="%.6g", lineterminator="\n")
        plots.save(plots.rows(reconstruction.pictures(c, seen, 8), c.extent, c.unit), out / "reconstructions.png")
        plots.save(maps_of(trained, data, p.evaluate), out / "latent.png")
        plots.save(plots.health(**history), out / "health.png")
    tracking.result(root, "evaluate", trained.id, root / OUT, found)
    print(f"evaluate: {text}")


def score(root: Path, trained: Model, c: Codec, data: Dataset, lower: floors.Floors, p: Params) -> pd.DataFrame:
    """A row for each of the sets, the generated one among them."""
    judged, train, e = judge.load(root / JUDGE), data.side("train"), p.evaluate
    test = data.side("test").some(e.scoring.sounds, e.seed)
    some = train.some(len(test.clips), e.seed)
    sets = controls.heard(trained, c, some, test, lower, p.generate, e.griffin_lim, e.seed)
    whole = scoring.see_all(c, train, judged)
    return scoring.table(sets, whole, train.clips["label"], judged, e.scoring, e.seed)


def well(trained: Model, data: Dataset, losses: pd.DataFrame, p: Evaluate) -> dict[str, float]:
    """The model's health, on the training clips."""
    return health.metrics(
        latent.encode(trained.encoder, data.side("train").pictures), trained.space.prior, losses, p.seed
    )


def maps_of(trained: Model, data: Dataset, p: Evaluate) -> Figure:
    """The posterior means of clips from all splits, as maps."""
    some = data.some(p.map_clips, p.seed)
    z = latent.encode(trained.encoder, some.pictures).mean
    test = (some.clips["split"] == "test").to_numpy()
    return plots.maps(maps.draw(z, p.maps, p.seed), some.clips["label"].tolist(), test)


def _variance(losses: pd.DataFrame) -> float:
    """Of the likelihood: the training error of the epoch whose weights were kept."""
    return float(losses["mse"].iloc[losses["val_loss"].argmin()])


if __name__ == "__main__":
    stage.run(main, *OUTS, in_git=f"{OUT}/metrics.json")
