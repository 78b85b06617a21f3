"""HTML pages that need no other file: figures and sounds stand in them."""

import base64
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from matplotlib.figure import Figure

from sonovae.pages import plots


@dataclass(frozen=True)
class Player:
    """A sound with its picture, or an image alone, as addresses; images have no `audio`."""

    name: str
    image: str
    audio: str = ""


def write(path: Path, template: str, content: dict[str, Any]) -> None:
    """Fill a template of `templates/` and write it, whole or not at all."""
    loader = jinja2.FileSystemLoader(Path(__file__).parent / "templates")
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined
    )
    part = path.with_suffix(".part")
    part.write_text(environment.get_template(template).render(**content), encoding="utf-8")
    part.replace(path)


def figure(drawn: Figure) -> str:
    """A figure as the address of an image."""
    data = io.BytesIO()
    plots.save(drawn, data)
    return address("image/png", data.getvalue())


def address(kind: str, data: bytes) -> str:
    """Data of a media type as an address that holds it."""
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def file(path: Path, kind: str) -> str:
    """A file of a media type as an address."""
    return address(kind, path.read_bytes())


def players(folder: Path, first: str) -> list[list[Player]]:
    """The pictures of a folder that are called NAME_NUMBER.png, with the sounds NAME_NUMBER.wav where there are such; a
    row for each number, `first` at its beginning."""
    found = []
    for path in sorted(folder.glob(f"{first}_*.png")):
        number = path.stem.removeprefix(f"{first}_")
        others = sorted(each for each in folder.glob(f"*_{number}.png") if each != path)
        found.append([_player(each) for each in (path, *others)])
    return found


def _player(picture: Path) -> Player:
    name, sound = picture.stem.rsplit("_", 1)[0].replace("_", " "), picture.with_suffix(".wav")
    return Player(
        name, file(picture, "image/png"), file(sound, "audio/wav") if sound.is_file() else ""
    )
