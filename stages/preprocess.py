"""preprocess: data/raw → data/pictures: clips or images as pictures in [0, 1], split by group."""

from pathlib import Path

from sonovae import atomic, params
from sonovae.dataset import preparation
from sonovae.project import PICTURES, Project
from sonovae.recordings import recordings_table
from sonovae.runtime import checksums, stage


def main(root: Path) -> None:
    """Write pictures, clips table, codec and left-out table."""
    project = Project(root)
    settings = params.load(project.params).preprocess
    with atomic.folder(project.pictures) as out:
        recordings, clips = preparation.prepare(project, settings, out)
        checksums.write(out)
    counts = clips["split"].value_counts().items()
    sides = ", ".join(f"{n} {side}" for side, n in counts)
    print(f"preprocess: {recordings_table.summary(recordings)}")
    print(f"preprocess: {len(clips)} clips: {sides}")


if __name__ == "__main__":
    stage.run(main, PICTURES)
