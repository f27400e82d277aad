"""How much one client may ask: a count for each address and window, which all processes of the server share.

Servers on several machines count each for themselves; a proxy before them limits there as well. The header fields are
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
from api.client_counts import ClientCounts

# Whoever watches the server must see it when it is busiest.
_FREE = ("/healthz", "/readyz", "/server-metrics")


class RateLimit:
    """Refuses with 429 what goes beyond the limit, and says in every answer how much is left."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        limit: int,
        counts: ClientCounts,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.app = app
        self.limit = limit
        self.window_s = counts.window_s
        self._clock = clock
        self._counts = counts

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
        n, started_at = self._counts.count(client, now)
        return n, max(1, round(started_at + self.window_s - now))


def _client(scope: Scope) -> str:
    """Who asks: an IPv4 address, or the network of an IPv6 address, of which one client has any number."""
    host = str((scope.get("client") or ("",))[0])
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return host if address.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))
