"""Data cards: what a dataset is, whose it is, and what to expect of it."""

from dataclasses import fields
from pathlib import Path

from pydantic import ValidationError
from pydantic.dataclasses import dataclass
from ruamel.yaml.error import YAMLError

from sonovae.errors import UserError
from sonovae.params.fetch import Fetch
from sonovae.params.file import parse, read_yaml
from sonovae.params.rules import STRICT

WHISTLES = "synthetic-whistles"


@dataclass(frozen=True, config=STRICT)
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
    return {path.stem: _read(path) for path in sorted((root / "datasets").glob("*.yaml"))}


def _read(path: Path) -> Card:
    try:
        return parse(read_yaml(path), Card)
    except ValidationError as error:
        first = error.errors()[0]
        raise UserError(
            f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}: mend the card"
        ) from None
    except (OSError, UnicodeDecodeError, YAMLError):
        raise UserError(f"{path} is not YAML that can be read: mend the card") from None


def of(root: Path, p: Fetch) -> Card | None:
    """The card of what `p` fetches: the whistles', or that of its handle, also where its files come from a folder."""
    known = cards(root)
    if p.source == "whistles":
        return known.get(WHISTLES)
    handle = "/".join((p.kaggle or "").split("/")[:2])
    return next((card for card in known.values() if handle and card.kaggle == handle), None)
