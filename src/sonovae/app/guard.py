"""Protection of the app: only its own pages may ask, no more at once than it can answer."""

import secrets
from http.cookies import SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_REQUESTS = 32
"""Requests that are answered or wait; further ones are refused, as they would wait too long."""
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' data: blob:;"
    " object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Content security policy: pages load nothing from elsewhere; sounds and pictures are data URLs."""
COOKIE = "sonovae_token"
"""Name of the cookie that holds the token."""


class Guard:
    """ASGI app in front of another: it checks host, origin, token and load of each request.

    Without a token, it answers only to `hosts` (names with port), so that a page elsewhere whose
    name resolves to this machine gets nothing (DNS rebinding). With one, it answers to all who
    know the token. A page's request must come from a page of the same host.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str], token: str) -> None:
        self.app = app
        self.hosts = hosts
        self.token = token
        self.waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request, or pass it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal:
            await refusal(scope, receive, send)
            return
        # Requests run in one event loop, so the count needs no lock.
        self.waiting += 1
        try:
            await self.app(scope, receive, _with_policy(send))
        finally:
            self.waiting -= 1

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        origin = headers.get("origin")
        if not self.token and host not in self.hosts:
            return _plain(
                f"the host {host!r} is not served: open http://{min(self.hosts)}",
                403,
            )
        # Browsers send an origin with what a page asks elsewhere; "null" counts as elsewhere.
        if origin is not None and origin.partition("://")[2] != host:
            return _plain(f"a page of {origin!r} may not use this app: open its own page", 403)
        if self.token:
            response = self._without_token(scope, headers)
            if response:
                return response
        if self.waiting >= MAX_REQUESTS:
            return _plain("busy: too many requests at once, try again in a moment", 503)
        return None

    def _without_token(self, scope: Scope, headers: Headers) -> Response | None:
        """Return a response unless a cookie holds the token, which the address brings once."""
        query = parse_qs(scope["query_string"].decode("latin-1"))
        if self._is_token(query.get("token", [""])[0]):
            # The redirect removes the token from the address bar and the history.
            response = RedirectResponse(scope["path"], 303)
            response.set_cookie(COOKIE, self.token, httponly=True, samesite="strict")
            return response
        cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        if cookie and self._is_token(cookie.value):
            return None
        return _plain("open the address with the token that the app printed at its start", 401)

    def _is_token(self, text: str) -> bool:
        # A comparison in constant time gives nothing away by how long it takes.
        return secrets.compare_digest(text.encode(), self.token.encode())


def _plain(text: str, status: int) -> Response:
    return PlainTextResponse(text + "\n", status)


def _with_policy(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["content-security-policy"] = POLICY
            headers["x-content-type-options"] = "nosniff"
            headers["referrer-policy"] = "no-referrer"
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return sending
