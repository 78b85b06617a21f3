"""fetch: recordings from their source → data/raw, each checked and listed in recordings.csv."""

from pathlib import Path

from sonovae import atomic, params
from sonovae.project import RAW, Project
from sonovae.recordings import collection, recordings_table, sources
from sonovae.runtime import stage


def main(root: Path) -> None:
    """Copy the recordings that `fetch` names."""
    project = Project(root)
    settings = params.load(project.params).fetch
    with atomic.folder(project.raw) as out, sources.opened(root, settings) as folder:
        table = collection.collect(folder, out, settings)
    print(f"fetch: {recordings_table.summary(table)}")


if __name__ == "__main__":
    stage.run(main, RAW)
