"""judge: data/pictures → data/judge: a classifier by label that scores generated sounds, beside the model."""

from pathlib import Path

from sonovae import atomic, params
from sonovae.dataset import saved_dataset
from sonovae.evaluation import judge
from sonovae.model import backend
from sonovae.runtime import checksums, stage

PICTURES, OUT = "data/pictures", "data/judge"


def main(root: Path) -> None:
    """Learn the labels of the training split; write the classifier, or that there are too few labels."""
    p = params.load(root / "params.yaml").judge
    backend.prepare(p.threads)
    checksums.verify(root / PICTURES, "preprocess")
    found = judge.fit(saved_dataset.load(root / PICTURES), p)
    with atomic.folder(root / OUT) as out:
        judge.save(out, found, p)
    if found:
        print(
            f"judge: {found.accuracy:.1%} of the test clips named right, of {len(found.labels)} labels"
        )
    else:
        print("judge: fewer than two labels, so nothing to judge by")


if __name__ == "__main__":
    stage.run(main, OUT)
