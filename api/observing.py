"""Around everything else: a name for each request, one line of log, and its place in the counts."""

import logging
import re
import time
from collections.abc import Collection
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics import Metrics

REQUEST_ID = "X-Request-ID"
# What a client or a proxy sends stands in logs and answers, so that nothing else is taken over.
_USABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_OTHER_KINDS = (
    *("", "about", "search", "static", "problems", "openapi.json", "llms.txt", "mcp"),
    *("server-metrics", "healthz", "readyz"),
)

_log = logging.getLogger("headcat.requests")


def request_id_of(scope: Scope) -> str | None:
    """Name of a request, as logs and answers give it; None outside of the server."""
    found: str | None = scope.get("state", {}).get("request_id")
    return found


class Observing:
    """Names, logs and counts every request, also one that ends in a fault."""

    def __init__(self, app: ASGIApp, metrics: Metrics, kinds: Collection[str]) -> None:
        self.app = app
        self.metrics = metrics
        self.kinds = {*kinds, *_OTHER_KINDS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and look at its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        name = given if _USABLE_ID.fullmatch(given) else uuid4().hex
        # In place: a fault is answered outside of this layer, from the same scope.
        scope.setdefault("state", {})["request_id"] = name
        status, n_bytes = 500, 0
        started = time.perf_counter()

        async def send_named(message: Message) -> None:
            nonlocal status, n_bytes
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = name
            n_bytes += len(message.get("body", b""))
            await send(message)

        self.metrics.in_progress += 1
        try:
            await self.app(scope, receive, send_named)
        finally:
            self.metrics.in_progress -= 1
            seconds = time.perf_counter() - started
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self.metrics.observe(method, self._kind(scope["path"]), status, seconds)
            if _log.isEnabledFor(logging.INFO):
                facts = {
                    "request_id": name,
                    "method": method,
                    "path": scope["path"],
                    "status": status,
                    "bytes": n_bytes,
                    "milliseconds": round(seconds * 1000, 1),
                    "client": (scope.get("client") or ("",))[0],
                }
                _log.info("%s %s %s", method, scope["path"], status, extra={"facts": facts})

    def _kind(self, path: str) -> str:
        """The kind of an address: one of a known few, however many addresses are asked for."""
        prefix = "/api/v1" if path.startswith("/api/v1/") else ""
        kind = path.removeprefix(prefix).split("/")[1:2]
        return f"{prefix}/{kind[0]}" if kind and kind[0] in self.kinds else "other"
