"""Data cards: what a dataset is, whose it is, and what to expect of it."""

from dataclasses import dataclass, fields
from pathlib import Path

from ruamel.yaml import YAML

from sonovae.params.fetch import Fetch

WHISTLES = "synthetic-whistles"


@dataclass(frozen=True)
class Card:
    """A dataset: its handle on Kaggle without a version, if it is there; how its files are called; how many files and
    seconds to expect, None where nobody has counted."""

    kaggle: str | None
    title: str
    what: str
    layout: str
    labels: str
    groups: str
    files: int | None
    seconds: float | None
    licence: str
    citation: str
    source: str

    def rows(self) -> dict[str, str]:
        """What there is to say, by name."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: str(value) for name, value in values.items() if value is not None}


def cards(root: Path) -> dict[str, Card]:
    """All of them, by the name of their file."""
    yaml = YAML(typ="safe", pure=True)
    paths = sorted((root / "datasets").glob("*.yaml"))
    return {path.stem: Card(**yaml.load(path.read_text(encoding="utf-8"))) for path in paths}


def of(root: Path, p: Fetch) -> Card | None:
    """The card of what `p` fetches: the whistles', or that of its handle, also where its files come from a folder."""
    known = cards(root)
    if p.source == "whistles":
        return known.get(WHISTLES)
    handle = "/".join((p.kaggle or "").split("/")[:2])
    return next((card for card in known.values() if handle and card.kaggle == handle), None)
