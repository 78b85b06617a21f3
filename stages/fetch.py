"""fetch: recordings from where they are → data/raw, each checked and listed in recordings.csv."""

from pathlib import Path

from sonovae import listing, params, recordings, sources, stage

OUT = "data/raw"


def main(root: Path) -> None:
    """Make or read the recordings that `fetch` names."""
    p = params.load(root / "params.yaml").fetch
    with stage.whole(root / OUT) as out, sources.opened(root, p) as folder:
        table = recordings.collect(folder, out, p)
    print(f"fetch: {listing.summary(table)}")


if __name__ == "__main__":
    stage.run(main, OUT)
