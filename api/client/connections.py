"""Connections that stay open between requests, for the opener of the standard library, which closes each.

Redirects, proxies and refusals stay the opener's: only the sending of one request is done here.
"""

import io
from collections import defaultdict
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, Request, build_opener
from urllib.response import addinfourl


def keeping_opener() -> OpenerDirector:
    """An opener whose connections are used again; several threads may share it."""
    kept = _Kept()
    return build_opener(_Http(kept), _Https(kept))


class _Kept:
    """Open connections by the server that they lead to; whoever takes one has it alone."""

    def __init__(self) -> None:
        self._free: dict[tuple[type, str], list[HTTPConnection]] = defaultdict(list)

    def send(self, kind: type[HTTPConnection], request: Request) -> Any:
        """Send a request and read its whole answer.

        Raises:
            OSError: The server cannot be reached.
            HTTPException: It does not speak HTTP.
        """
        free = self._free[kind, request.host]
        try:
            connection = free.pop()
        except IndexError:
            return self._sent(kind(request.host, timeout=request.timeout), request, free)
        try:
            return self._sent(connection, request, free)
        except (OSError, HTTPException):
            # The server may have closed a connection that nobody used for a while; a fresh one tells what is wrong.
            connection.close()
            return self._sent(kind(request.host, timeout=request.timeout), request, free)

    def _sent(self, connection: HTTPConnection, request: Request, free: list[HTTPConnection]) -> Any:
        headers = {**request.headers, **request.unredirected_hdrs}
        data: Any = request.data
        try:
            connection.request(request.get_method(), request.selector, data, headers)
            response = connection.getresponse()
            content = response.read()
        except BaseException:
            connection.close()
            raise
        if response.will_close:
            connection.close()
        else:
            free.append(connection)
        answer: Any = addinfourl(io.BytesIO(content), response.headers, request.full_url, response.status)
        # The opener reads it there, and the type of such an answer does not say so.
        answer.msg = response.reason
        return answer


class _Http(HTTPHandler):
    def __init__(self, kept: _Kept) -> None:
        super().__init__()
        self._kept = kept

    def http_open(self, req: Request) -> Any:
        return self._kept.send(HTTPConnection, req)


class _Https(HTTPSHandler):
    def __init__(self, kept: _Kept) -> None:
        super().__init__()
        self._kept = kept

    def https_open(self, req: Request) -> Any:
        # Through a proxy the connection leads there first, which the opener's own way knows.
        if req._tunnel_host:  # type: ignore[attr-defined]
            return super().https_open(req)
        return self._kept.send(HTTPSConnection, req)
