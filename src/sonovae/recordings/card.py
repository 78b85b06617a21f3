"""Data cards: what a dataset is, whose it is, and what to expect of it."""

from dataclasses import asdict
from pathlib import Path

from pydantic import ValidationError
from pydantic.dataclasses import dataclass
from ruamel.yaml.error import YAMLError

from sonovae.errors import UserError
from sonovae.params.fetch import Fetch
from sonovae.params.file import parse, read_yaml
from sonovae.params.rules import STRICT

WHISTLES = "synthetic-whistles"
"""Name of the card of the synthetic whistles, which have no handle."""


@dataclass(frozen=True, config=STRICT)
class Card:
    """A dataset: its handle on Kaggle without a version, its file names, its files and seconds."""

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
        """Return the known facts as text, by name."""
        return {name: str(value) for name, value in asdict(self).items() if value is not None}


def cards(root: Path) -> dict[str, Card]:
    """Return all cards of the project, by the name of their file."""
    return {path.stem: _read(path) for path in sorted((root / "datasets").glob("*.yaml"))}


def of(root: Path, settings: Fetch) -> Card | None:
    """Return the card of the dataset that `fetch` names; None if it has none."""
    known = cards(root)
    if settings.source == "whistles":
        return known.get(WHISTLES)
    handle = "/".join((settings.kaggle or "").split("/")[:2])
    return next((card for card in known.values() if handle and card.kaggle == handle), None)


def _read(path: Path) -> Card:
    try:
        return parse(read_yaml(path), Card)
    except ValidationError as error:
        fault = error.errors()[0]
        key = ".".join(map(str, fault["loc"]))
        raise UserError(f"{path}: {key}: {fault['msg']}: fix the card") from None
    except (OSError, UnicodeDecodeError, YAMLError):
        raise UserError(f"{path} is not YAML that can be read: fix the card") from None
