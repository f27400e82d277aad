"""How much one client may ask: a count for each address and window, kept in this process.

Several processes count each for themselves; a public server behind a proxy limits there as well. The header fields are
those of the IETF draft "RateLimit header fields for HTTP", revision 10.
"""

import ipaddress
import time
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import errors

# Whoever watches the server must see it when it is busiest.
_FREE = ("/healthz", "/readyz", "/server-metrics")
# Clients of one window that are remembered; beyond it the oldest are forgotten, so that memory is bounded.
MAX_CLIENTS = 100_000


class RateLimit:
    """Refuses with 429 what goes beyond the limit, and says in every answer how much is left."""

    def __init__(self, app: ASGIApp, *, limit: int, window_s: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.app = app
        self.limit = limit
        self.window_s = window_s
        self._clock = clock
        # Client → start of its window and requests in it, in order of the starts.
        self._counts: dict[str, tuple[float, int]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count a request, and pass it on or refuse it."""
        if scope["type"] != "http" or scope["path"] in _FREE:
            await self.app(scope, receive, send)
            return
        n, seconds_left = self._count(_client(scope))
        left = max(self.limit - n, 0)

        async def send_with_limits(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["RateLimit-Policy"] = f'"requests";q={self.limit};w={self.window_s}'
                headers["RateLimit"] = f'"requests";r={left};t={seconds_left}'
            await send(message)

        if n <= self.limit:
            await self.app(scope, receive, send_with_limits)
            return
        refusal = HTTPException(
            429,
            f"This client has asked {self.limit} times within {self.window_s} s; wait {seconds_left} s. Whole lists "
            "come faster in pages of 500, and the whole catalog as a release.",
            {"Retry-After": str(seconds_left)},
        )
        await errors.answer(Request(scope), refusal)(scope, receive, send_with_limits)

    def _count(self, client: str) -> tuple[int, int]:
        """Requests of a client in its window, this one included, and seconds until the window ends."""
        now = self._clock()
        started_at, n = self._counts.get(client, (now, 0))
        if now - started_at >= self.window_s:
            started_at, n = now, 0
        if n == 0:
            self._counts.pop(client, None)
            self._forget(now)
        self._counts[client] = (started_at, n + 1)
        return n + 1, max(1, round(started_at + self.window_s - now))

    def _forget(self, now: float) -> None:
        while self._counts:
            oldest = next(iter(self._counts))
            if now - self._counts[oldest][0] < self.window_s and len(self._counts) < MAX_CLIENTS:
                return
            del self._counts[oldest]


def _client(scope: Scope) -> str:
    """Who asks: an IPv4 address, or the network of an IPv6 address, of which one client has any number."""
    host = str((scope.get("client") or ("",))[0])
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return host if address.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))
