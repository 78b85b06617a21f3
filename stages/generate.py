"""generate: data/model → data/samples: new sounds or images, their pictures, index and gallery."""

from pathlib import Path

import numpy as np

from sonovae import atomic, params, tracking
from sonovae.generation import lengths, sampling, studio
from sonovae.model import backend, saved_networks
from sonovae.project import SAMPLES, Project
from sonovae.runtime import stage


def main(root: Path) -> None:
    """Draw z where the parameters say and write its sounds; of a walk, one sound."""
    project = Project(root)
    settings = params.load(project.params).generate
    backend.prepare(saved_networks.threads(project.model))
    opened = studio.load(project.model, settings.griffin_lim, settings.seed)
    place = sampling.places(opened.model, project.pictures, project.recordings)
    rng = np.random.default_rng(settings.seed)
    frames = lengths.latent_frames(opened.model, opened.codec, settings.seconds)
    z = sampling.draw(opened.model.space, settings, settings.sounds, rng, place, frames)
    how = sampling.describe(settings)
    with atomic.folder(project.samples) as out:
        n = opened.write(out, z, how, join=settings.source == "walk")
    tracking.log_result(root, "generate")
    kind = opened.codec.kind
    print(f"generate: {n} new {kind}s in {SAMPLES}: open {SAMPLES}/gallery.html to look and listen")


if __name__ == "__main__":
    stage.run(main, SAMPLES)
