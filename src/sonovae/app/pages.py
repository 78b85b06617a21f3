"""What the app answers: its pages, and what is asked of a model, each as JSON."""

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

from sonovae.app import asked, shown
from sonovae.app.shelf import OWN, SEED, Opened, Shelf
from sonovae.errors import UserError

STATIC = Path(__file__).parent / "static"
FILES = {path.name: path for path in sorted(STATIC.iterdir())}
"""All that is sent from a folder, by its name; no path of a request is joined to one."""
STRONGEST = 6
"""Dimensions of z that have a slider."""
MOST_SECONDS = 20.0
"""Of a file that is reconstructed."""
Words = dict[str, Any]


def routes(shelf: Shelf) -> list[BaseRoute]:
    """All of them, over the models of a shelf."""
    questions: dict[str, Callable[[Opened, Words], Words]] = {
        "model": _model,
        "draw": _draw,
        "decode": _decode,
        "at": _at,
        "between": _between,
        "vary": _vary,
        "recording": _recording,
    }
    asks = {
        name: asked.question(partial(_of_model, shelf, answer))
        for name, answer in questions.items()
    }
    return [
        Route("/", lambda request: FileResponse(FILES["index.html"])),
        Route("/study", lambda request: FileResponse(FILES["study.html"])),
        Route("/static/{name}", _static),
        Route("/api/models", lambda request: JSONResponse(shelf.names())),
        Route("/api/reconstruct", _of_file(shelf), methods=["POST"]),
        *(Route(f"/api/{name}", handle, methods=["POST"]) for name, handle in asks.items()),
    ]


def failed(request: Request, error: Exception) -> Response:
    """What a person reads where a request breaks a rule."""
    return JSONResponse({"error": str(error).replace("error: ", "", 1)}, 400)


def _static(request: Request) -> Response:
    path = FILES.get(request.path_params["name"])
    return FileResponse(path) if path else Response(status_code=404)


def _of_model(shelf: Shelf, answer: Callable[[Opened, Words], Words], words: Words) -> Words:
    """The answer of the model that the words name."""
    return _alone(shelf, str(words.get("model", OWN)), answer, words)


def _of_file(shelf: Shelf) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        async with asked.file(request) as path:
            words: Words = {"file": path, "name": request.query_params.get("name", "it")}
            name = request.query_params.get("model", OWN)
            return JSONResponse(await run_in_threadpool(_alone, shelf, name, _reconstruct, words))

    return handle


def _alone(
    shelf: Shelf, name: str, answer: Callable[[Opened, Words], Words], words: Words
) -> Words:
    """One request at a time computes; the others wait."""
    with shelf.lock:
        return answer(shelf.get(name), words)


def _model(opened: Opened, words: Words) -> Words:
    """What a page must know of the model."""
    density, c = opened.studio.model.space.density, opened.studio.codec
    strongest = np.argsort(density.variance)[::-1][:STRONGEST]
    return {
        "id": opened.studio.model.id,
        "kind": c.kind,
        "labels": density.names,
        "latent_size": opened.studio.model.latent_size,
        "sliders": [
            {"dimension": int(n), "deviation": float(np.sqrt(density.variance[n]))}
            for n in strongest
        ],
        "map": opened.land.told(),
    }


def _draw(opened: Opened, words: Words) -> Words:
    """A new z, of a label or of all."""
    label = asked.label(words.get("label"), opened.studio.model.space.density.names)
    seed, temperature = (
        _seed(words),
        asked.number(words.get("temperature", 1.0), "temperature", 0, 3),
    )
    z = replace(opened.studio, seed=seed).draw(1, label, temperature)
    how = {"from": "density", "temperature": temperature} | (
        {"label": label} if label is not None else {}
    )
    return shown.of_z(opened, z, how, seed)


def _decode(opened: Opened, words: Words) -> Words:
    """A z that the page has."""
    return shown.of_z(opened, _z(opened, words, "z"), {"z": words["z"]}, _seed(words))


def _at(opened: Opened, words: Words) -> Words:
    """What is at a place of the map."""
    place = np.array([asked.number(words.get(name), name, -1e4, 1e4) for name in ("x", "y")])
    z, _ = opened.land.at(place)
    return shown.of_z(opened, z, {"map": place.tolist()}, _seed(words))


def _between(opened: Opened, words: Words) -> Words:
    """Between two z that the page has, on a straight line."""
    one, other = _z(opened, words, "one"), _z(opened, words, "other")
    share = asked.number(words.get("share"), "share", 0, 1)
    z = ((1 - share) * one + share * other).astype(np.float32)
    return shown.of_z(opened, z, {"between": share, "z": z[0].astype(float).tolist()}, _seed(words))


def _vary(opened: Opened, words: Words) -> Words:
    """Around a z that the page has."""
    seed, temperature = (
        _seed(words),
        asked.number(words.get("temperature", 0.5), "temperature", 0, 3),
    )
    z = replace(opened.studio, seed=seed).around(_z(opened, words, "z"), 1, temperature)
    return shown.of_z(opened, z, {"around": words["z"], "temperature": temperature}, seed)


def _recording(opened: Opened, words: Words) -> Words:
    """A clip that is on the map, as it was recorded."""
    row = asked.whole(words.get("row"), "row", 0, max(0, len(opened.land.z) - 1))
    c, name = opened.studio.codec, str(opened.land.clips["name"][row])
    return shown.of_item(c, opened.land.recording(row, c), {"recording": name}) | {"name": name}


def _reconstruct(opened: Opened, words: Words) -> Words:
    """A file, what the model makes of it, and the z of its first clip."""
    own, name = opened.studio, str(words["name"])
    try:
        compared = own.compare(words["file"], MOST_SECONDS)
    except UserError as error:
        raise UserError(f"{name}: {str(error).split(': ', 2)[-1]}") from None
    if not len(compared.original):
        raise UserError(f"{name}: holds no samples")
    return {
        "original": shown.of_item(own.codec, compared.original, {"recording": name}),
        "restored": shown.of_item(own.codec, compared.restored, own.about({"from": name})),
        "z": compared.z[0].astype(float).tolist(),
        "at": opened.land.place(compared.z)[0].tolist(),
        "most_seconds": MOST_SECONDS,
    }


def _z(opened: Opened, words: Words, name: str) -> Any:
    return asked.z(words.get(name), opened.studio.model.latent_size, name)


def _seed(words: Words) -> int:
    return asked.whole(words.get("seed", SEED), "seed", 0, 2**32 - 1)
