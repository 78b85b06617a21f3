"""Routes of the listening study: what a listener's page asks."""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from sonovae.app import request
from sonovae.app.request import Json, Rating
from sonovae.errors import UserError
from sonovae.listening import pool
from sonovae.listening.answers import ASKED, QUESTIONS, SCALE, Answers


def routes(root: Path) -> list[BaseRoute]:
    """Return the routes over the study of a project."""
    answers: request.Answers = {
        "about": (Rating, partial(_about, root)),
        "begin": (Rating, partial(_begin, root)),
        "next": (Rating, partial(_next, root)),
        "rate": (Rating, partial(_rate, root)),
        "advance": (Rating, partial(_advance, root)),
    }
    sounds = Route("/api/study/sound/{sound}", _sound_handler(root))
    return [sounds, *request.routes("/api/study", answers)]


def _sound_handler(root: Path) -> Callable[[Request], Awaitable[Response]]:
    def find(sound: str) -> Path:
        return pool.load(root).file(sound)

    async def handle(asked: Request) -> Response:
        try:
            file = await run_in_threadpool(find, asked.path_params["sound"])
        except UserError as error:
            # A player asks for it: it reads the status, not the text.
            raise HTTPException(404, str(error).removeprefix("error: ")) from None
        return FileResponse(file, media_type="audio/wav")

    return handle


def _about(root: Path, _: Rating) -> Json:
    return {"sounds": len(pool.load(root).sounds)}


def _begin(root: Path, asked: Rating) -> Json:
    if not asked.consent:
        raise UserError("consent is not given: agree to take part first")
    return {"listener": _answers(root).begin()}


def _next(root: Path, asked: Rating) -> Json:
    """Return where a listener is, and the words of the page."""
    place = _answers(root).place(asked.listener)
    questions = [
        {"name": name, "title": title, "asked": ASKED[name]} for name, title in QUESTIONS.items()
    ]
    return {
        "done": place.done,
        "of": place.of,
        "sound": place.sound,
        "ratings": place.ratings,
        "questions": questions,
        "scale": list(SCALE),
    }


def _rate(root: Path, asked: Rating) -> Json:
    _answers(root).rate(asked.listener, asked.sound, asked.question, asked.rating)
    return {}


def _advance(root: Path, asked: Rating) -> Json:
    _answers(root).advance(asked.listener, asked.sound)
    return _next(root, asked)


def _answers(root: Path) -> Answers:
    return Answers(root, pool.load(root).sounds["id"])
