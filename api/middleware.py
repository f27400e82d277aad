"""Around every request: HEAD, entity tags, headers of safety and of sharing. `compression` lies between these."""

import hashlib
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.entity_tags import held_tags

_EXPOSED = "ETag, Link, Content-Location, X-Request-ID, RateLimit, RateLimit-Policy, Retry-After, X-Heads-Without-Score"
_API_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    # The catalog is public and read without credentials, so any page may read it.
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": _EXPOSED,
}
_ALL_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
}


def security_headers(path: str) -> Mapping[str, str]:
    """Headers of every response at a path, unless the response sets its own."""
    return _ALL_HEADERS | _API_HEADERS if path.startswith("/api/") else _ALL_HEADERS


class SecurityHeaders:
    """Adds the security headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and complete its response."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in security_headers(scope["path"]).items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers)


# Reading needs no key, so that no header with one is allowed: a page elsewhere cannot write in a reader's name.
_PREFLIGHT_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, POST",
    "Access-Control-Allow-Headers": "Accept, Content-Type, If-None-Match, X-Request-ID",
    "Access-Control-Max-Age": "86400",
}


class Preflight:
    """Answers what browsers ask before a page of another site may read the API with headers of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a preflight, and pass everything else on."""
        if scope["type"] == "http" and scope["method"] == "OPTIONS" and scope["path"].startswith("/api/"):
            headers = Headers(scope=scope)
            if "origin" in headers and "access-control-request-method" in headers:
                await Response(status_code=204, headers=_PREFLIGHT_HEADERS)(scope, receive, send)
                return
        await self.app(scope, receive, send)


class ConditionalAnswers:
    """Answers HEAD like GET, gives each answer a strong entity tag, and 304 to who holds it already."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on as GET and shorten its response."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        await self.app({**scope, "method": "GET"}, receive, _Answer(scope, send))


class _Answer:
    """Holds back the start of a response until its body is known."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.is_head = scope["method"] == "HEAD"
        self.request = Headers(scope=scope)
        self.send = send
        self.start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
            return
        start, self.start = self.start, None
        if start is None or message["type"] != "http.response.body":
            if not self.is_head:
                await self.send(message)
            return
        headers = MutableHeaders(scope=start)
        if start["status"] == 200 and not message.get("more_body", False):
            body = message.get("body", b"")
            headers.setdefault("ETag", f'"{hashlib.sha256(body).hexdigest()[:32]}"')
            headers.setdefault("Cache-Control", "no-cache")
            headers.add_vary_header("Accept-Encoding")
            if self._is_held(headers["ETag"]):
                start["status"] = 304
                for name in ("Content-Length", "Content-Type"):
                    del headers[name]
                message = {"type": "http.response.body", "body": b""}
        await self.send(start)
        await self.send({"type": "http.response.body", "body": b""} if self.is_head else message)

    def _is_held(self, tag: str) -> bool:
        held = held_tags(self.request.get("if-none-match"))
        return held == ["*"] or tag in held
