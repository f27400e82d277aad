"""Compression by zstd, brotli or gzip, whichever the client takes, and entity tags that name the bytes that are sent.

A strong tag names bytes, and compressed bytes are others: inside of this layer tags name the answer as it was written,
outside of it they end in the name of the encoding.
"""

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COMPRESSED_FROM_BYTES = 500
"""Smaller answers are sent as they are."""

_OUR_TYPES = (
    "application/problem+json",
    "application/linkset+json",
    "application/vnd.citationstyles.csl+json",
    "application/vnd.datacite.datacite+json",
    "application/x-bibtex",
    "application/x-research-info-systems",
    "text/csv",
    "text/tab-separated-values",
)
_SUFFIX = re.compile(r'-(gzip|br|zstd)"$')


class Compression:
    """Compresses answers; the libraries for it are loaded with the first request, since a start does not need them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._compressing: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with the tags that the inner layers know, and its answer with those of its bytes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        held = [each.strip() for each in Headers(scope=scope).get("if-none-match", "").split(",") if each.strip()]
        if held:
            headers = MutableHeaders(raw=list(scope["headers"]))
            headers["if-none-match"] = ", ".join(map(_as_written, held))
            scope = {**scope, "headers": headers.raw}

        async def send_tagged(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                tag, encoding = headers.get("etag"), headers.get("content-encoding")
                if tag and encoding:
                    headers["etag"] = f'{tag[:-1]}-{encoding}"'
                elif tag and message["status"] == 304:
                    # Of several forms of one answer, the client is told of the one that it holds.
                    same = [each.removeprefix("W/") for each in held if _as_written(each).removeprefix("W/") == tag]
                    headers["etag"] = same[0] if same else tag
            await send(message)

        await self._inner()(scope, receive, send_tagged)

    def _inner(self) -> ASGIApp:
        if self._compressing is None:
            from starlette_compress import CompressMiddleware, add_compress_type  # noqa: PLC0415

            for media_type in _OUR_TYPES:
                add_compress_type(media_type)
            self._compressing = CompressMiddleware(self._app, minimum_size=COMPRESSED_FROM_BYTES, gzip_level=5)
        return self._compressing


def _as_written(tag: str) -> str:
    """The tag of the uncompressed bytes."""
    return _SUFFIX.sub('"', tag)
