"""fetch: recordings from where they are → data/raw, each checked and listed in recordings.csv."""

from pathlib import Path

from sonovae import atomic, params
from sonovae.recordings import collection, recordings_table, sources
from sonovae.runtime import stage

OUT = "data/raw"


def main(root: Path) -> None:
    """Make or read the recordings that `fetch` names."""
    p = params.load(root / "params.yaml").fetch
    with atomic.folder(root / OUT) as out, sources.opened(root, p) as folder:
        table = collection.collect(folder, out, p)
    print(f"fetch: {recordings_table.summary(table)}")


if __name__ == "__main__":
    stage.run(main, OUT)
