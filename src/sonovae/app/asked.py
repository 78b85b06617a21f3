"""What a request says, held against its rules before anything is done with it."""

import json
import math
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sonovae.errors import UserError
from sonovae.model.density import Points

MOST_JSON, MOST_FILE = 1 << 16, 32 << 20
"""Bytes of a request in JSON, and of a file."""
FARTHEST = 100.0
"""Of a number of z: training clips lie within a few units."""


def question(
    answer: Callable[[dict[str, Any]], dict[str, Any]],
) -> Callable[[Request], Awaitable[Response]]:
    """What handles requests whose words have this answer, which is worked out in a thread; both are JSON."""

    async def handle(request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(answer, await words(request)))

    return handle


async def words(request: Request) -> dict[str, Any]:
    """The JSON object of a request."""
    data = b"".join([piece async for piece in _body(request, MOST_JSON)])
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise UserError("the request must hold an object in JSON")
    return found


@asynccontextmanager
async def file(request: Request) -> AsyncIterator[Path]:
    """The file of a request, while the block lasts, under a name of ours: of the one that it has the suffix alone is
    kept, which says what an image is."""
    suffix = re.search(r"\.[a-z0-9]{1,8}\Z", request.query_params.get("name", "").lower())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"file{suffix[0] if suffix else ''}"
        with path.open("wb") as to:
            async for piece in _body(request, MOST_FILE):
                to.write(piece)
        yield path


async def _body(request: Request, most: int) -> AsyncIterator[bytes]:
    """Piece by piece; UserError as soon as it is known to be too long."""
    promised = request.headers.get("content-length", "0")
    taken = int(promised) if promised.isdecimal() and int(promised) > most else 0
    if not taken:
        async for piece in request.stream():
            if (taken := taken + len(piece)) > most:
                break
            yield piece
    if taken > most:
        raise UserError(f"it has more than {most >> 10:,} KiB, which is the most that is taken")


def text(words: dict[str, Any], name: str) -> str:
    """The text of this name."""
    if not isinstance(value := words.get(name), str):
        raise UserError(f"{name} = {value!r:.40} must be text")
    return value


def z(value: object, size: int, name: str = "z") -> Points:
    """[1, size] from a list of numbers."""
    if not isinstance(value, list) or len(value) != size:
        length = f"{len(value)} of them" if isinstance(value, list) else "something else"
        raise UserError(f"{name} must be a list of {size} numbers, and this is {length}")
    return np.array(
        [[number(each, f"{name}[{n}]", -FARTHEST, FARTHEST) for n, each in enumerate(value)]],
        np.float32,
    )


def number(value: object, name: str, lowest: float, highest: float) -> float:
    """A finite number between two."""
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not lowest <= value <= highest
    ):
        raise UserError(f"{name} = {value!r} must be a number from {lowest:g} to {highest:g}")
    return float(value)


def whole(value: object, name: str, lowest: int, highest: int) -> int:
    """A whole number between two."""
    found = number(value, name, lowest, highest)
    if not math.isclose(found, round(found), abs_tol=0):
        raise UserError(f"{name} = {value!r} must be a whole number")
    return round(found)


def label(value: object, known: list[str]) -> str | None:
    """One that the model knows; None: of all."""
    if value is None or value in known:
        return None if value is None else str(value)
    raise UserError(f"label = {value!r}: the model knows {', '.join(known) or 'no labels'}")
