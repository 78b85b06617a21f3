"""judge: data/pictures → data/judge: a classifier by label that scores generated sounds."""

from pathlib import Path

from sonovae import atomic, params
from sonovae.dataset import saved_dataset
from sonovae.model import backend
from sonovae.project import JUDGE, Project
from sonovae.quality import judge
from sonovae.runtime import checksums, stage

OUT = JUDGE


def main(root: Path) -> None:
    """Learn the labels of the training split; fewer than two make an empty judge."""
    project = Project(root)
    settings = params.load(project.params).judge
    backend.prepare(settings.threads)
    checksums.verify(project.pictures, "preprocess")
    classifier = judge.fit(saved_dataset.load(project.pictures), settings)
    with atomic.folder(project.judge) as out:
        judge.save(out, classifier, settings)
    if not classifier:
        print("judge: fewer than two labels, so nothing to judge by")
        return
    print(
        f"judge: the judge of {len(classifier.labels)} labels {judge.describe(classifier.numbers)}"
    )


if __name__ == "__main__":
    stage.run(main, OUT)
