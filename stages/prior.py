"""prior: data/model and data/pictures → data/prior: the distribution of z, and levels."""

from pathlib import Path

from sonovae import atomic, params, tracking
from sonovae.dataset import saved_dataset
from sonovae.model import backend, saved_networks
from sonovae.project import PRIOR, Project
from sonovae.runtime import checksums, stage
from sonovae.training import prior_fit

OUT = PRIOR


def main(root: Path) -> None:
    """Fit the distribution of the training clips' z, from which new sounds are drawn."""
    project = Project(root)
    settings = params.load(project.params).prior
    backend.prepare(settings.threads)
    checksums.verify(project.pictures, "preprocess")
    data = saved_dataset.load(project.pictures)
    networks = saved_networks.load(project.model)
    with atomic.folder(project.prior) as out:
        density = prior_fit.write(out, data, networks, settings)
    tracking.log_result(root, "prior")
    of = ", ".join(density.names) or "no labels"
    print(f"prior: a {settings.kind} of {len(density.weights)} Gaussians; {of}")


if __name__ == "__main__":
    stage.run(main, OUT)
