"""The app as a server: on this machine alone, unless it is told otherwise; then with a token."""

import secrets
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp

from sonovae.app import pages, study
from sonovae.app.guard import Guard
from sonovae.app.shelf import Shelf
from sonovae.errors import UserError

LOOPBACK = ("127.0.0.1", "localhost")


def make(root: Path, model: Path, hosts: frozenset[str], token: str = "") -> ASGIApp:
    """The app over a project and a model's folder; see Guard for hosts and token."""
    shelf = Shelf(root, model)
    routes = [*pages.routes(shelf), *study.routes(root)]
    return Guard(
        Starlette(routes=routes, exception_handlers={UserError: pages.failed}), hosts, token
    )


def serve(root: Path, model: Path, host: str, port: int) -> None:
    """Answer until Ctrl-C. A host that is not this machine's own needs a token, which is printed with the address."""
    token = "" if host in LOOPBACK else secrets.token_urlsafe(16)
    app = make(root, model, frozenset(f"{name}:{port}" for name in LOOPBACK), token)
    if token:
        print(
            f"who knows the token can use the app, in plain text over the network: http://{host}:{port}/?token={token}"
        )
    else:
        print(f"the app: http://127.0.0.1:{port}  (Ctrl-C ends it)", flush=True)
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
    )
