"""Around everything else: a name for each request, one line of log, and its place in the counts."""

import logging
import re
import time
from collections.abc import Iterable
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics import METHODS, Metrics

REQUEST_ID = "X-Request-ID"
# What a client or a proxy sends stands in logs and answers, so that nothing else is taken over.
_USABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_OTHER_KINDS = (
    *("", "about", "search", "static", "problems", "openapi.json", "llms.txt", "mcp"),
    *("server-metrics", "healthz", "readyz"),
)
_PREFIX = "/api/v1"
OTHER = "other"
"""All other addresses, as they are counted."""

_log = logging.getLogger("headcat.requests")


def request_id_of(scope: Scope) -> str | None:
    """Name of a request, as logs and answers give it; None outside of the server."""
    found: str | None = scope.get("state", {}).get("request_id")
    return found


class Observing:
    """Names, logs and counts every request, also one that ends in a fault."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

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

        self.metrics.begin()
        try:
            await self.app(scope, receive, send_named)
        finally:
            seconds = time.perf_counter() - started
            method = scope["method"] if scope["method"] in METHODS else "other"
            self.metrics.end(method, self._address(scope["path"]), status, seconds)
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

    def _address(self, path: str) -> str:
        """The kind of an address: one of a known few, however many addresses are asked for."""
        prefix = _PREFIX if path.startswith(f"{_PREFIX}/") else ""
        found = f"{prefix}/{path.removeprefix(prefix)[1:].partition('/')[0]}"
        return found if found in self.metrics.addresses else OTHER


def counted_addresses(kinds: Iterable[str]) -> list[str]:
    """Kinds of address that are counted apart, of a server with these kinds under its prefix."""
    first_parts = dict.fromkeys((*kinds, *_OTHER_KINDS))
    return [*(f"{prefix}/{part}" for prefix in ("", _PREFIX) for part in first_parts), OTHER]
