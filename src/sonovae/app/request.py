"""Requests to the app: their fields with the rules that each must meet, and their bodies."""

import json
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sonovae import params
from sonovae.app.shelf import OWN, SEED
from sonovae.errors import UserError
from sonovae.params.rules import Seed, Share

MAX_JSON = 1 << 16
"""Bytes of a request in JSON: room for a z of some thousand numbers."""
MAX_FILE = 32 << 20
"""Bytes of a file: three minutes of CD audio."""
MAX_SECONDS = 20.0
"""Length of a new sound, and of a file that is reconstructed, so that nobody waits long."""

Coordinate = Annotated[float, Field(ge=-1e4, le=1e4)]
"""Place on the map, whose points lie within a few units of 0."""
Z = list[Annotated[float, Field(ge=-100, le=100)]]
"""Latent vector; those of training clips lie within a few units of 0."""
Temperature = Annotated[float, Field(ge=0, le=3)]
Json = dict[str, Any]
Answer = Callable[[Any], Json]
Answers = dict[str, tuple[type["Asked"], Answer]]
"""Kind of request by name, and the function that answers it."""


class Asked(BaseModel):
    """Request to a model; fields that it does not know are ignored."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False, frozen=True)

    model: str = OWN
    seed: Seed = SEED


class Draw(Asked):
    """A new sound, of a label and group or of all; of a clip's length by default."""

    label: str | None = None
    group: str | None = None
    seconds: Annotated[float, Field(gt=0, le=MAX_SECONDS)] | None = None
    temperature: Temperature = 1.0


class Decode(Asked):
    """The sound of a z."""

    z: Z


class Vary(Decode):
    """A new sound around a z."""

    temperature: Temperature = 0.5


class At(Asked):
    """The sound at a place of the map."""

    x: Coordinate
    y: Coordinate


class Between(Asked):
    """The sound on the line between two z, at a share of the way."""

    one: Z
    other: Z
    share: Share


class Recording(Asked):
    """A recording on the map."""

    row: int


class Rating(Asked):
    """A listener's part in the study, which checks whether it is complete."""

    consent: bool = False
    listener: str = ""
    sound: str = ""
    question: str = ""
    rating: Any = None


def routes(path: str, answers: Answers) -> list[BaseRoute]:
    """Return a route PATH/NAME for each kind of request, answered from a thread; all is JSON."""
    return [
        Route(f"{path}/{name}", _handler(kind, answer), methods=["POST"])
        for name, (kind, answer) in answers.items()
    ]


@asynccontextmanager
async def file(request: Request) -> AsyncIterator[Path]:
    """Yield the file in a request's body, which is deleted when the block ends."""
    # The name is the sender's: only its suffix is kept, which says what an image is.
    suffix = re.search(r"\.[a-z0-9]{1,8}\Z", request.query_params.get("name", "").lower())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"file{suffix[0] if suffix else ''}"
        with path.open("wb") as copy:
            async for piece in _body(request, MAX_FILE):
                copy.write(piece)
        yield path


def _handler(kind: type[Asked], answer: Answer) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        data = await _json(request)
        try:
            asked = kind.model_validate(data)
        except ValidationError as error:
            # One line: the page shows it in its status.
            raise UserError("; ".join(params.faults(error, data))) from None
        return JSONResponse(await run_in_threadpool(answer, asked))

    return handle


async def _json(request: Request) -> Json:
    data = b"".join([piece async for piece in _body(request, MAX_JSON)])
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):  # nested too deeply
        found = None
    if not isinstance(found, dict):
        raise UserError("the request must hold an object in JSON")
    return found


async def _body(request: Request, limit: int) -> AsyncIterator[bytes]:
    """Yield a body piece by piece; UserError as soon as it is known to be too long."""
    promised = request.headers.get("content-length", "0")
    size = int(promised) if promised.isdecimal() else 0
    # A length that is too long is refused before anything is read.
    if size <= limit:
        size = 0
        async for piece in request.stream():
            size += len(piece)
            if size > limit:
                break
            yield piece
    if size > limit:
        raise UserError(f"the request is too long: the limit is {limit >> 10:,} KiB")
