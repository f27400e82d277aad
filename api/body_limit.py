"""No request makes the server hold more than it reads: a larger body is refused while it arrives."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 1024 * 1024
"""Body of a request that is read; the largest search is a tenth of it."""


class BodyLimit:
    """Refuses bodies beyond the limit; the framework's own limit does not answer in our one shape of errors."""

    def __init__(self, app: ASGIApp, max_bytes: int = MAX_BODY_BYTES) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and count what is read of its body."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        stated = Headers(scope=scope).get("content-length", "0")
        n_read = 0

        async def receive_counted() -> Message:
            nonlocal n_read
            if stated.isdigit() and int(stated) > self.max_bytes:
                raise self._refusal()
            message = await receive()
            n_read += len(message.get("body", b""))
            if n_read > self.max_bytes:
                raise self._refusal()
            return message

        await self.app(scope, receive_counted, send)

    def _refusal(self) -> HTTPException:
        # Raised where the body is read, so that it is answered like every other problem.
        return HTTPException(413, f"The body is larger than the {self.max_bytes} bytes that are read; ask for less.")
