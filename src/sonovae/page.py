"""HTML pages that need no other file: figures and sounds stand in them."""

import base64
import io
from pathlib import Path
from typing import Any

import jinja2
from matplotlib.figure import Figure

from sonovae import plots


def write(path: Path, template: str, content: dict[str, Any]) -> None:
    """Fill a template of this package and write it, whole or not at all."""
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    part = path.with_suffix(".part")
    part.write_text(environment.get_template(template).render(**content), encoding="utf-8")
    part.replace(path)


def figure(drawn: Figure) -> str:
    """A figure as the address of an image."""
    data = io.BytesIO()
    plots.save(drawn, data)
    return _url("image/png", data.getvalue())


def file(path: Path, kind: str) -> str:
    """A file of a media type as an address."""
    return _url(kind, path.read_bytes())


def _url(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
