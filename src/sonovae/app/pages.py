"""Routes of the app: its pages, and the answers of a model as JSON."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sonovae.app import item_view, request
from sonovae.app.request import (
    MAX_SECONDS,
    Asked,
    At,
    Between,
    Decode,
    Draw,
    Json,
    Recording,
    Vary,
)
from sonovae.app.shelf import OWN, OpenModel, Shelf
from sonovae.arrays import Latents
from sonovae.errors import UserError
from sonovae.generation import lengths

STATIC = Path(__file__).parent / "static"
FILES = {path.name: path for path in sorted(STATIC.iterdir())}
"""Files that are served, by name; no path of a request is joined to a folder."""
SLIDERS = 6
"""Dimensions of z with a slider, those that vary most: as many as fit on a page."""


def routes(shelf: Shelf) -> list[BaseRoute]:
    """Return the routes over the models of a shelf."""

    def locked(answer: Callable[[OpenModel, Any], Json]) -> request.Answer:
        return partial(_answer, shelf, answer)

    answers: request.Answers = {
        "model": (Asked, locked(_model)),
        "draw": (Draw, locked(_draw)),
        "decode": (Decode, locked(_decode)),
        "at": (At, locked(_at)),
        "between": (Between, locked(_between)),
        "vary": (Vary, locked(_vary)),
        "recording": (Recording, locked(_recording)),
    }
    return [
        Route("/", lambda _: FileResponse(FILES["index.html"])),
        Route("/study", lambda _: FileResponse(FILES["study.html"])),
        Route("/static/{name}", _static),
        Route("/api/models", lambda _: JSONResponse(shelf.names())),
        Route("/api/reconstruct", _file_handler(shelf), methods=["POST"]),
        *request.routes("/api", answers),
    ]


def failed(_: Request, error: Exception) -> Response:
    """Answer a request that breaks a rule with the line that says which."""
    return JSONResponse({"error": str(error).replace("error: ", "", 1)}, 400)


def _static(asked: Request) -> Response:
    path = FILES.get(asked.path_params["name"])
    return FileResponse(path) if path else Response(status_code=404)


def _answer(shelf: Shelf, answer: Callable[[OpenModel, Any], Json], asked: Asked) -> Json:
    # One request at a time computes; the others wait.
    with shelf.lock:
        return answer(shelf.get(asked.model), asked)


def _file_handler(shelf: Shelf) -> Callable[[Request], Awaitable[Response]]:
    def locked(model: str, path: Path, name: str) -> Json:
        with shelf.lock:
            return _reconstruct(shelf.get(model), path, name)

    async def handle(asked: Request) -> Response:
        model = asked.query_params.get("model", OWN)
        name = asked.query_params.get("name", "it")
        async with request.file(asked) as path:
            return JSONResponse(await run_in_threadpool(locked, model, path, name))

    return handle


def _model(opened: OpenModel, _: Asked) -> Json:
    """Return what a page must know of the model."""
    model = opened.studio.model
    sizes = lengths.sizes(model, opened.studio.codec)
    variance = model.space.density.variance
    deviations = np.sqrt(variance)
    strongest = np.argsort(variance)[::-1][:SLIDERS]
    sliders = [{"dimension": int(n), "deviation": float(deviations[n])} for n in strongest]
    return {
        "id": model.id,
        "kind": opened.studio.codec.kind,
        "labels": opened.studio.labels,
        "groups": opened.studio.groups,
        "seconds": opened.studio.seconds,
        # Null where all sounds have one length.
        "most_seconds": min(MAX_SECONDS, sizes.most_seconds) if sizes else None,
        "latent_size": model.latent_size,
        "sliders": sliders,
        "map": opened.landscape.for_page(),
    }


def _draw(opened: OpenModel, asked: Draw) -> Json:
    studio = replace(opened.studio, seed=asked.seed)
    how: Json = {"from": "prior", "temperature": asked.temperature}
    named = {"label": studio.labels, "group": studio.groups}
    for name, known in named.items():
        value = getattr(asked, name)
        if value is not None and value not in known:
            others = ", ".join(known) or f"no {name}s"
            raise UserError(f"{name} = {value!r}: the model knows {others}")
    given = {"label": asked.label, "group": asked.group, "seconds": asked.seconds}
    how |= {name: value for name, value in given.items() if value is not None}
    z = studio.draw(1, asked.label, asked.temperature, asked.group, asked.seconds)
    return item_view.of_z(opened, z, how, asked.seed)


def _decode(opened: OpenModel, asked: Decode) -> Json:
    z = _latents(opened, "z", asked.z)
    return item_view.of_z(opened, z, {"z": asked.z}, asked.seed)


def _at(opened: OpenModel, asked: At) -> Json:
    place = np.array([asked.x, asked.y])
    z = opened.landscape.at(place)
    return item_view.of_z(opened, z, {"map": place.tolist()}, asked.seed)


def _between(opened: OpenModel, asked: Between) -> Json:
    one = _latents(opened, "one", asked.one)
    other = _latents(opened, "other", asked.other)
    share = asked.share
    z = ((1 - share) * one + share * other).astype(np.float32)
    # The ends are the page's own: z itself is what can be decoded again.
    how = {"between": share, "z": z[0].astype(float).tolist()}
    return item_view.of_z(opened, z, how, asked.seed)


def _vary(opened: OpenModel, asked: Vary) -> Json:
    centre = _latents(opened, "z", asked.z)
    z = replace(opened.studio, seed=asked.seed).around(centre, 1, asked.temperature)
    how = {"around": asked.z, "temperature": asked.temperature}
    return item_view.of_z(opened, z, how, asked.seed)


def _recording(opened: OpenModel, asked: Recording) -> Json:
    codec = opened.studio.codec
    item = opened.landscape.recording(asked.row, codec)
    name = str(opened.landscape.clips["name"][asked.row])
    return item_view.of_item(codec, item, {"recording": name}) | {"name": name}


def _reconstruct(opened: OpenModel, path: Path, name: str) -> Json:
    """Return a file, its reconstruction, and the z of its first clip."""
    studio = opened.studio
    codec = studio.codec
    try:
        compared = studio.compare(path, MAX_SECONDS)
    except UserError as error:
        # The error names the copy's path; a user knows the file by its own name.
        raise UserError(f"{name}: {str(error).split(': ', 2)[-1]}") from None
    if not len(compared.original):
        raise UserError(f"{name}: holds no samples")
    about = studio.about({"from": name})
    return {
        "original": item_view.of_item(codec, compared.original, {"recording": name}),
        "restored": item_view.of_item(codec, compared.restored, about),
        "z": compared.z[0].astype(float).tolist(),
        "at": opened.landscape.place(compared.z)[0].tolist(),
        "most_seconds": MAX_SECONDS,
    }


def _latents(opened: OpenModel, name: str, numbers: list[float]) -> Latents:
    """Return z [1, latent_size] from a request's list."""
    size = opened.studio.model.latent_size
    if len(numbers) != size:
        raise UserError(f"{name} must be a list of {size} numbers; it has {len(numbers)}")
    return np.array([numbers], np.float32)
