"""HTML pages that need no other file: they embed their figures and sounds."""

import base64
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from matplotlib.figure import Figure

from sonovae import atomic
from sonovae.pages import plots


@dataclass(frozen=True)
class Player:
    """A sound with its picture, or an image without sound, as data URLs."""

    name: str
    image: str
    audio: str = ""


def write(path: Path, template: str, content: dict[str, Any]) -> None:
    """Fill a template of `templates/` and write it as a whole."""
    loader = jinja2.FileSystemLoader(Path(__file__).parent / "templates")
    # A name that a page lacks must fail, not stay empty.
    strict = jinja2.StrictUndefined
    environment = jinja2.Environment(loader=loader, autoescape=True, undefined=strict)
    text = environment.get_template(template).render(**content)
    with atomic.file(path) as part:
        part.write_text(text, encoding="utf-8")


def figure(drawn: Figure) -> str:
    """Return a figure as the data URL of a PNG."""
    data = io.BytesIO()
    plots.save(drawn, data)
    return address("image/png", data.getvalue())


def address(kind: str, data: bytes) -> str:
    """Return data of a media type as a data URL."""
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def file(path: Path, kind: str) -> str:
    """Return a file of a media type as a data URL."""
    return address(kind, path.read_bytes())


def players(folder: Path, first: str) -> list[list[Player]]:
    """Return a folder's images NAME_NUMBER.png and their sounds: a row a number, `first` first."""
    rows = []
    for path in sorted(folder.glob(f"{first}_*.png")):
        number = path.stem.removeprefix(f"{first}_")
        others = sorted(set(folder.glob(f"*_{number}.png")) - {path})
        rows.append([_player(picture) for picture in (path, *others)])
    return rows


def _player(picture: Path) -> Player:
    name = picture.stem.rsplit("_", 1)[0].replace("_", " ")
    sound = picture.with_suffix(".wav")
    audio = file(sound, "audio/wav") if sound.is_file() else ""
    return Player(name, file(picture, "image/png"), audio)
