"""evaluate: the model on the test split, and new sounds among controls → data/evaluation."""

import json
from pathlib import Path

from sonovae import atomic, params, tracking
from sonovae.evaluation import evaluation
from sonovae.evaluation.inputs import Inputs
from sonovae.generation import studio
from sonovae.model import backend, saved_networks
from sonovae.project import EVALUATION as OUT
from sonovae.project import METRICS, Project
from sonovae.quality import judge
from sonovae.runtime import stage

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
    f"{OUT}/quality.txt",
    f"{OUT}/report.html",
)


def main(root: Path) -> None:
    """Measure reconstructions and new sounds, and put all of it on a page."""
    project = Project(root)
    settings = params.load(project.params)
    backend.prepare(saved_networks.threads(project.model))
    inverse = settings.evaluate.griffin_lim
    opened = studio.load(project.model, inverse, settings.evaluate.seed)
    inputs = Inputs(project, settings, opened, judge.load(project.judge))
    with atomic.folder(project.evaluation) as out:
        numbers = evaluation.write(out, inputs)
    tracking.log_result(root, "evaluate")
    summary = {name: numbers[name] for name in ("test", "floors", "health")}
    print(f"evaluate: {json.dumps(summary)}")
    print(f"evaluate: look at and listen to {OUT}/report.html (`make report` opens it)")


if __name__ == "__main__":
    stage.run(main, *OUTS, in_git=METRICS)
