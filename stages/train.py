"""train: data/pictures → data/model: the autoencoder, its codec and losses."""

from pathlib import Path

from sonovae import atomic, params, tracking
from sonovae.dataset import saved_dataset
from sonovae.model import backend
from sonovae.project import MODEL, Project
from sonovae.runtime import checksums, stage
from sonovae.tracking import provenance
from sonovae.training import checkpoint, result, trainer

OUT = MODEL


def main(root: Path) -> None:
    """Train from the last checkpoint on; write the weights of the lowest validation loss."""
    project = Project(root)
    settings = params.load(project.params).train
    backend.prepare(settings.threads, settings.reproducible)
    checksums.verify(project.pictures, "preprocess")
    data = saved_dataset.load(project.pictures)
    record = provenance.current(root, "train")
    index, _ = backend.worker()
    if index > 0:
        # Only the first of several workers writes anything.
        others = checkpoint.of_another(project.home, record.key)
        trainer.train(data, settings, others, lambda *_: None)
        return
    with (
        checkpoint.of(project.home, record.key) as checkpoints,
        tracking.training(root, record) as run,
    ):
        state = trainer.train(data, settings, checkpoints, run.epoch)
        with atomic.folder(project.model) as out:
            result.write(out, data, state, settings, project.pictures)
        run.trained()
        checkpoints.delete()


if __name__ == "__main__":
    stage.run(main, OUT)
