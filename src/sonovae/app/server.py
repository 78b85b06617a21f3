"""Server of the app: only for this machine by default; for others with a token."""

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
"""Names of this machine that no other reaches."""


def make(root: Path, model: Path, hosts: frozenset[str], token: str = "") -> ASGIApp:
    """Return the app over a project and a model's folder; see Guard for hosts and token."""
    shelf = Shelf(root, model)
    routes = [*pages.routes(shelf), *study.routes(root)]
    app = Starlette(routes=routes, exception_handlers={UserError: pages.failed})
    return Guard(app, hosts, token)


def serve(root: Path, model: Path, host: str, port: int) -> None:
    """Serve until Ctrl-C; a host that others reach needs a token, printed with the address."""
    token = "" if host in LOOPBACK else secrets.token_urlsafe(16)
    app = make(root, model, frozenset(f"{name}:{port}" for name in LOOPBACK), token)
    if token:
        print("anyone with this address can use the app; the network carries it as plain text:")
        print(f"http://{host}:{port}/?token={token}", flush=True)
    else:
        print(f"the app: http://127.0.0.1:{port}  (Ctrl-C ends it)", flush=True)
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        # An open page would otherwise keep the server from ending.
        timeout_graceful_shutdown=2,
    )
