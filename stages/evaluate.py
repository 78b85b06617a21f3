"""evaluate: the model on the test split → data/evaluation: metrics and floors, reconstructions to see and hear."""

import json
from pathlib import Path

import numpy as np

from sonovae import codec, dataset, metrics, model, params, plots, reconstruction, stage, tracking

RAW, PICTURES, MODEL, OUT = "data/raw", "data/pictures", "data/model", "data/evaluation"
OUTS = (f"{OUT}/reconstructions", f"{OUT}/reconstructions.png")


def main(root: Path) -> None:
    """Test pictures → posterior → pictures and sounds again."""
    p = params.load(root / "params.yaml").evaluate
    trained, fitted = model.load(root / MODEL), codec.load(root / MODEL)
    data = dataset.load(root / PICTURES)
    test = data.side("test")
    restored, found = reconstruction.score(trained, data.side("train").pictures, test.pictures, p.seed)
    shown = np.sort(np.random.default_rng(p.seed).permutation(len(test.clips))[: p.clips])
    with stage.whole(root / OUT) as out:
        convergence = reconstruction.listen(root / RAW, out / "reconstructions", fitted, test, restored, shown, p)
        found["codec"] = {"spectral_convergence_db": convergence}
        found = metrics.rounded(found)
        (out / "metrics.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
        pairs = {"original": test.pictures[shown[:8]], "reconstructed": restored[shown[:8]]}
        plots.save(plots.rows(pairs, fitted.extent), out / "reconstructions.png")
    tracking.result(root, "evaluate", trained.id, root / OUT, found)
    print(f"evaluate: {json.dumps(found)}")


if __name__ == "__main__":
    stage.run(main, *OUTS, in_git=f"{OUT}/metrics.json")
