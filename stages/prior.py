"""prior: data/model and data/pictures → data/prior: the distribution of z, and levels."""

import functools
from pathlib import Path

from sonovae import atomic, params, tracking
from sonovae.dataset import saved_dataset
from sonovae.model import backend, saved_networks, saved_prior
from sonovae.project import PRIOR, Project
from sonovae.quality import picture_texture
from sonovae.runtime import checksums, stage
from sonovae.tracking import provenance
from sonovae.training import checkpoint, prior_fit
from sonovae.training.prior_fit import Learned

OUT = PRIOR


def main(root: Path) -> None:
    """Fit the distribution of the training clips' z, from which new sounds are drawn."""
    project = Project(root)
    settings = params.load(project.params).prior
    backend.prepare(settings.threads)
    checksums.verify(project.pictures, "preprocess")
    data = saved_dataset.load(project.pictures)
    networks = saved_networks.load(project.model)
    key = provenance.current(root, "prior").key

    def checkpoints(name: str) -> prior_fit.Opened:
        return checkpoint.of(project.home, f"{key}-{name}")

    learned = Learned(data, networks, settings, project.recordings)
    distance = functools.partial(picture_texture.distance, seed=settings.seed)
    parts = prior_fit.fit(learned, checkpoints, distance)
    with atomic.folder(project.prior) as out:
        saved_prior.save(out, parts, networks.id)
    for name in parts.losses:
        with checkpoints(name) as finished:
            finished.delete()
    tracking.log_result(root, "prior")
    of = ", ".join(parts.density.names) or "no labels"
    print(f"prior: a {settings.kind}; {of}")


if __name__ == "__main__":
    stage.run(main, OUT)
