"""Asks the API from within: the routes themselves answer, with their checks and limits, without a way over the network.

What lies around the routes (counting requests, compression, headers) has seen the agent's own request already.
"""

import json
from typing import Any
from urllib.parse import unquote, urlencode

from fastapi import FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.types import ASGIApp, Message

from api.route_table import RoutesOnDemand, RouteTable

# A name leads to its record in one step, two with a hub id.
_MOST_REDIRECTS = 3


class RefusedError(Exception):
    """The API refused a request; the message is the one that a person would read."""


class InProcessApi:
    """GET requests to the routes of an app."""

    def __init__(self, app: FastAPI, table: RouteTable) -> None:
        handlers = {kind: handler for kind, handler in app.exception_handlers.items() if kind is not Exception}
        inner: ASGIApp = ExceptionMiddleware(AsyncExitStackMiddleware(app.router), handlers=handlers)
        self._app = app
        self._routes = RoutesOnDemand(inner, table)

    async def get(self, path: str, query: dict[str, Any] | None = None) -> Any:
        """The answer of an address under /api/v1: JSON as values, everything else as text.

        Raises:
            RefusedError: The API answered with a problem.
        """
        asked = urlencode({name: _text(value) for name, value in (query or {}).items() if value is not None})
        target = f"/api/v1{path}"
        for _ in range(_MOST_REDIRECTS):
            status, headers, body = await self._ask(target, asked)
            if status not in (303, 307, 308):
                break
            target, _, asked = headers["location"].partition("?")
        if status != 200:
            raise RefusedError(_refusal(body))
        return json.loads(body) if "json" in headers.get("content-type", "") else body.decode()

    async def _ask(self, path: str, query: str) -> tuple[int, dict[str, str], bytes]:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(b"host", b"localhost"), (b"accept", b"application/json")],
            "server": ("localhost", 80),
            "client": None,
            "app": self._app,
            "state": {},
        }
        start: Message = {}
        body = bytearray()

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                body.extend(message.get("body", b""))

        await self._routes(scope, receive, send)
        headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}
        return start["status"], headers, bytes(body)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _refusal(body: bytes) -> str:
    try:
        problem = json.loads(body)
        return "; ".join([part["detail"] for part in problem["errors"]] or [problem["detail"]])
    except (ValueError, KeyError):
        return "The catalog could not answer; its log says why."
