"""evaluate: the model on the test split, and what it generates beside controls → data/evaluation."""

import json
from pathlib import Path

from sonovae import atomic, params, tracking
from sonovae.codec import saved_codec
from sonovae.dataset import saved_dataset
from sonovae.evaluation import judge
from sonovae.evaluation.evaluation import Evaluation
from sonovae.model import backend, saved_model
from sonovae.runtime import stage

RAW, PICTURES, MODEL, JUDGE, OUT = (
    "data/raw",
    "data/pictures",
    "data/model",
    "data/judge",
    "data/evaluation",
)
OUTS = (
    f"{OUT}/reconstructions",
    f"{OUT}/nearest",
    f"{OUT}/unseen",
    f"{OUT}/reconstructions.png",
    f"{OUT}/health.png",
    f"{OUT}/latent.png",
    f"{OUT}/traversal.png",
    f"{OUT}/clips.csv",
    f"{OUT}/breakdown.csv",
    f"{OUT}/scores.csv",
    f"{OUT}/report.html",
)


def main(root: Path) -> None:
    """Test pictures → posterior → pictures and sounds again; new sounds → scores; all of it on a page."""
    p = params.load(root / "params.yaml")
    backend.prepare(saved_model.threads(root / MODEL))
    evaluation = Evaluation(
        folder=root / MODEL,
        raw=root / RAW,
        unseen=root / p.evaluate.unseen,
        trained=saved_model.load(root / MODEL),
        c=saved_codec.load(root / MODEL),
        history=saved_model.history(root / MODEL),
        judge=judge.load(root / JUDGE),
        data=saved_dataset.load(root / PICTURES),
        p=p.evaluate,
        g=p.generate,
    )
    with atomic.folder(root / OUT) as out:
        found = evaluation.write(out, root)
    tracking.log_result(root, "evaluate")
    print(f"evaluate: {json.dumps({name: found[name] for name in ('test', 'floors', 'health')})}")
    print(f"evaluate: look at and listen to {OUT}/report.html (`make report` opens it)")


if __name__ == "__main__":
    stage.run(main, *OUTS, in_git=f"{OUT}/metrics.json")
