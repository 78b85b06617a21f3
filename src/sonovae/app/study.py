"""The listening study in the app: what a listener's page asks, and what it is told."""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from sonovae.app import asked
from sonovae.errors import UserError
from sonovae.listening import pool
from sonovae.listening.answers import ASKED, QUESTIONS, SCALE, Answers

Words = dict[str, Any]
Answer = Callable[[Path, Words], Words]


def routes(root: Path) -> list[BaseRoute]:
    """All of them, over the study of a project."""
    questions: dict[str, Answer] = {
        "about": _about,
        "begin": _begin,
        "next": _next,
        "rate": _rate,
        "advance": _advance,
    }
    asks = {name: asked.question(partial(answer, root)) for name, answer in questions.items()}
    made = [Route(f"/api/study/{name}", handle, methods=["POST"]) for name, handle in asks.items()]
    return [Route("/api/study/sound/{sound}", _of_sound(root)), *made]


def _of_sound(root: Path) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        try:
            file = await run_in_threadpool(
                lambda: pool.load(root).file(request.path_params["sound"])
            )
        except UserError as error:
            raise HTTPException(404, str(error).removeprefix("error: ")) from None
        return FileResponse(file, media_type="audio/wav")

    return handle


def _about(root: Path, words: Words) -> Words:
    """How many sounds there are."""
    return {"sounds": len(pool.load(root).sounds)}


def _begin(root: Path, words: Words) -> Words:
    """A new listener."""
    if words.get("consent") is not True:
        raise UserError("consent is not given: agree to take part first")
    return {"listener": _answers(root).begin()}


def _next(root: Path, words: Words) -> Words:
    """Where a listener is, and all that the page says."""
    place = _answers(root).place(asked.text(words, "listener"))
    questions = [
        {"name": name, "title": title, "asked": ASKED[name]} for name, title in QUESTIONS.items()
    ]
    at = {"done": place.done, "of": place.of, "sound": place.sound, "ratings": place.ratings}
    return at | {"questions": questions, "scale": list(SCALE)}


def _rate(root: Path, words: Words) -> Words:
    """A rating of the sound at hand."""
    listener, sound, question = (
        asked.text(words, name) for name in ("listener", "sound", "question")
    )
    _answers(root).rate(listener, sound, question, words.get("rating"))
    return {}


def _advance(root: Path, words: Words) -> Words:
    """The sound at hand is left behind."""
    _answers(root).advance(asked.text(words, "listener"), asked.text(words, "sound"))
    return _next(root, words)


def _answers(root: Path) -> Answers:
    return Answers(root, pool.load(root).sounds["id"])
