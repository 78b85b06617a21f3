"""Who may ask the app for something: pages of its own, and no more of them at once than it can answer."""

import secrets
from http.cookies import SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_AT_ONCE = 32
"""Requests that are answered or wait for it; what is beyond hears that the app is busy."""
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' data: blob:; object-src 'none'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'"
)
COOKIE = "sonovae_token"


class Guard:
    """The app behind its rules. Without a token, `hosts` are the only names (with port) that it answers to, so that
    a page elsewhere whose name leads here gets nothing; with one, whoever knows it. A request that a page makes must
    come from a page of the same host."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str], token: str) -> None:
        self.app, self.hosts, self.token, self.waiting = app, hosts, token, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI's own signature."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if refused := self._refusal(scope):
            await refused(scope, receive, send)
            return
        self.waiting += 1
        try:
            await self.app(scope, receive, _with_policy(send))
        finally:
            self.waiting -= 1

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self.token and host not in self.hosts:
            return _said(f"the host {host!r} is not served: open http://{min(self.hosts)}", 403)
        if origin is not None and origin.partition("://")[2] != host:
            return _said(f"a page of {origin!r} may not ask this app for anything", 403)
        if self.token and (answer := self._without_token(scope, headers)):
            return answer
        if self.waiting >= MOST_AT_ONCE:
            return _said("busy: too many requests at once, try again in a moment", 503)
        return None

    def _without_token(self, scope: Scope, headers: Headers) -> Response | None:
        """The token comes once with the address, and then as a cookie."""
        (asked, *_) = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])
        if secrets.compare_digest(asked.encode(), self.token.encode()):
            answer = RedirectResponse(scope["path"], 303)
            answer.set_cookie(COOKIE, self.token, httponly=True, samesite="strict")
            return answer
        kept = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        if kept and secrets.compare_digest(kept.value.encode(), self.token.encode()):
            return None
        return _said(
            "open the address with the token, which the app printed when it was started", 401
        )


def _said(text: str, status: int) -> Response:
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
