"""The study as web pages: what the browser asks of the server, and what it is told."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import jinja2
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sonovae.errors import UserError
from sonovae.listening import pool
from sonovae.listening.answers import ASKED, QUESTIONS, SCALE, Answers

HERE = Path(__file__).parent
MOST_BYTES = 4096
"""Of what a browser may send."""
STRICT = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
STATIC = {"study.js": "text/javascript", "study.css": "text/css"}
Words = dict[str, Any]
Handler = Callable[[Request], Awaitable[Response]]


def routes(root: Path) -> list[BaseRoute]:
    """The pages of a project's study, all under /study; an app takes them among its own routes."""
    made = [
        Route("/study", _page(root)),
        Route("/study/next", _asked(lambda words: _next(root, _text(words, "listener")))),
        Route("/study/sound/{sound}", _sound(root)),
        Route("/study/begin", _told(lambda words: _begin(root, words)), methods=["POST"]),
        Route("/study/rate", _told(lambda words: _rate(root, words)), methods=["POST"]),
        Route("/study/advance", _told(lambda words: _advance(root, words)), methods=["POST"]),
    ]
    return [*made, *(Route(f"/study/{name}", _file(name, kind)) for name, kind in STATIC.items())]


def _begin(root: Path, words: Words) -> Words:
    if words.get("consent") is not True:
        raise UserError("consent is not given: agree to take part first")
    return {"listener": _answers(root).begin()}


def _next(root: Path, listener: str) -> Words:
    """Where the listener is, and all that the page says."""
    place = _answers(root).place(listener)
    questions = [{"name": name, "title": title, "asked": ASKED[name]} for name, title in QUESTIONS.items()]
    at = {"done": place.done, "of": place.of, "sound": place.sound, "ratings": place.ratings}
    return at | {"questions": questions, "scale": list(SCALE)}


def _rate(root: Path, words: Words) -> Words:
    listener, sound, question = (_text(words, name) for name in ("listener", "sound", "question"))
    _answers(root).rate(listener, sound, question, words.get("rating"))
    return {}


def _advance(root: Path, words: Words) -> Words:
    listener = _text(words, "listener")
    _answers(root).advance(listener, _text(words, "sound"))
    return _next(root, listener)


def _answers(root: Path) -> Answers:
    return Answers(root, pool.load(root).sounds["id"])


def _text(words: Words, name: str) -> str:
    if not isinstance(value := words.get(name), str):
        raise UserError(f"{name} = {value!r:.40} is no text: reload the page")
    return value


def _page(root: Path) -> Handler:
    async def page(_: Request) -> Response:
        try:
            of = await run_in_threadpool(pool.load, root)
        except UserError as error:
            return _html("none.html", 404, why=_plain(error))
        return _html("study.html", 200, sounds=len(of.sounds))

    return page


def _sound(root: Path) -> Handler:
    async def sound(request: Request) -> Response:
        try:
            file = await run_in_threadpool(lambda: pool.load(root).file(request.path_params["sound"]))
        except UserError as error:
            return _refused(error, 404)
        return FileResponse(file, media_type="audio/wav", headers=STRICT)

    return sound


def _file(name: str, kind: str) -> Handler:
    async def file(_: Request) -> Response:
        return FileResponse(HERE / name, media_type=kind, headers=STRICT)

    return file


def _asked(answer: Callable[[Words], Words]) -> Handler:
    """A GET, whose words stand in the address."""

    async def handle(request: Request) -> Response:
        return await _answered(answer, dict(request.query_params))

    return handle


def _told(answer: Callable[[Words], Words]) -> Handler:
    """A POST of JSON. Another site's form cannot send that kind, nor a script of it without being asked first."""

    async def handle(request: Request) -> Response:
        if request.headers.get("content-type", "").split(";")[0] != "application/json":
            return _refused(UserError("what is sent must be application/json"), 415)
        body = b""
        async for piece in request.stream():
            body += piece
            if len(body) > MOST_BYTES:
                return _refused(UserError(f"what is sent has more than {MOST_BYTES} bytes"), 413)
        try:
            words = json.loads(body)
        except (ValueError, RecursionError):
            words = None
        if not isinstance(words, dict):
            return _refused(UserError("what is sent is no JSON object"), 400)
        return await _answered(answer, words)

    return handle


async def _answered(answer: Callable[[Words], Words], words: Words) -> Response:
    try:
        return JSONResponse(await run_in_threadpool(answer, words), headers=STRICT)
    except UserError as error:
        return _refused(error, 400)


def _refused(error: UserError, status: int) -> Response:
    return JSONResponse({"error": _plain(error)}, status, headers=STRICT)


def _html(template: str, status: int, **content: Any) -> Response:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=True, undefined=jinja2.StrictUndefined
    )
    return HTMLResponse(environment.get_template(template).render(**content), status, headers=STRICT)


def _plain(error: UserError) -> str:
    return str(error).removeprefix("error: ")
