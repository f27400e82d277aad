"""One request and its answer over HTTP, from the standard library: retries, compression, errors."""

import gzip
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import OpenerDirector, Request

from api.client.connections import keeping_opener
from api.client.errors import HeadcatError

_RETRIED = (429, 503)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said."""

    text: str
    headers: Mapping[str, str]

    def json(self) -> Any:
        """The text as JSON.

        Raises:
            HeadcatError: It is none.
        """
        try:
            return json.loads(self.text)
        except ValueError as problem:
            raise HeadcatError("The server's answer is no JSON; is this the address of a headcat server?") from problem


@dataclass(frozen=True)
class Transport:
    """How a server is asked."""

    base_url: str
    """Without a final slash."""
    timeout_s: float
    max_retries: int
    """How often a request is sent again that was answered 429 or 503."""
    max_wait_s: float
    """Longest wait before one of them; where the server asks for a longer one, its refusal is raised instead."""
    sleep: Callable[[float], None] = time.sleep
    opener: OpenerDirector = field(default_factory=keeping_opener)
    """Sends requests; its connections stay open between them."""

    def __post_init__(self) -> None:
        if urlsplit(self.base_url).scheme not in ("http", "https"):
            raise HeadcatError(f"{self.base_url!r} is no address of a server; it begins with http:// or https://.")

    def ask(self, path: str, parameters: Mapping[str, Any] | None = None, *, body: Any = None) -> Answer:
        """Send a request, again where the server asks to come back; with a body it is a POST.

        Raises:
            HeadcatError: The server refused it or could not be reached.
        """
        query = urlencode({k: _value(v) for k, v in (parameters or {}).items() if v is not None}, doseq=True)
        joint = "&" if "?" in path else "?"
        request = Request(f"{self.base_url}{path}{joint + query if query else ''}")
        request.add_header("Accept-Encoding", "gzip")
        request.add_header("Accept", "application/json, */*;q=0.5")
        request.add_header("User-Agent", "headcat-client")
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        for attempt in range(self.max_retries + 1):
            try:
                return self._send(request)
            except HTTPError as refusal:
                wait = _wait(refusal, attempt)
                if refusal.code not in _RETRIED or attempt == self.max_retries or wait > self.max_wait_s:
                    raise _error(refusal) from None
                refusal.close()
            self.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _send(self, request: Request) -> Answer:
        try:
            with self.opener.open(request, timeout=self.timeout_s) as response:
                return Answer(_text(response), response.headers)
        except HTTPError:
            raise
        except (OSError, HTTPException) as problem:
            reason = getattr(problem, "reason", problem)
            raise HeadcatError(
                f"{self.base_url} cannot be asked ({reason}); is the server running, and is this its address?"
            ) from problem


def _value(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else value


def _text(response: Any) -> str:
    content: bytes = response.read()
    if response.headers.get("Content-Encoding") == "gzip":
        content = gzip.decompress(content)
    return content.decode("utf-8")


def _wait(refusal: HTTPError, attempt: int) -> float:
    """Seconds to wait: what Retry-After says, as a number or a date, or else half a second, doubled each time."""
    asked = refusal.headers.get("Retry-After", "")
    if asked.isdecimal():
        return float(asked)
    try:
        return max(0.0, parsedate_to_datetime(asked).timestamp() - time.time())
    except (TypeError, ValueError):
        return 0.5 * 2.0**attempt


def _error(refusal: HTTPError) -> HeadcatError:
    with refusal:
        try:
            problem = json.loads(_text(refusal))
            return HeadcatError(str(problem["detail"]), status=refusal.code, problem=problem)
        except (OSError, ValueError, KeyError, TypeError, HTTPException):
            return HeadcatError(f"The server answered {refusal.code} {refusal.reason}.", status=refusal.code)
