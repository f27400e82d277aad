"""Answers that were given before and still hold are given again as they are: no routing, no record is read.

An answer is kept under the state of the catalog that it was made from (see `catalog.queries.revision`) and all that
it depends on in the request, so that a kept one cannot be stale: after any change of the catalog nothing kept is found.
The answer is made in the transaction that read the state, so that the two belong together.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.dependencies import at_once_if_embedded
from api.entity_tags import held_tags
from api.reading import Reading, share
from catalog.queries.revision import get_revision

MOST_BYTES = 32 * 1024 * 1024
"""Room for kept answers, in bytes of their bodies: some thousand compressed pages of fifty findings."""

MOST_BYTES_OF_ONE = MOST_BYTES // 16

MOST_ANSWERS = 10_000
"""Small answers take more room than their bodies."""

Fields = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """A written answer: its header fields and its body, compressed where it was sent so."""

    fields: Fields
    body: bytes

    @property
    def tag(self) -> str:
        """Its entity tag."""
        return Headers(raw=self.fields)["etag"]


class KeptAnswers:
    """The answers asked for last; the oldest go when the room is used up."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._n_bytes = 0
        self._answers: OrderedDict[Hashable, KeptAnswer] = OrderedDict()

    def find(self, key: Hashable) -> KeptAnswer | None:
        """The answer of a key, where it is kept."""
        found = self._answers.get(key)
        if found is not None:
            self._answers.move_to_end(key)
        return found

    def keep(self, key: Hashable, answer: KeptAnswer) -> None:
        """Keep an answer, and let go of the oldest where the room is used up."""
        if key in self._answers:
            return
        self._answers[key] = answer
        self._n_bytes += len(answer.body)
        while self._n_bytes > self._most_bytes or len(self._answers) > MOST_ANSWERS:
            _, oldest = self._answers.popitem(last=False)
            self._n_bytes -= len(oldest.body)


class AnswersAgain:
    """Gives kept answers, and keeps those that the inner layers make; lies outside of compression."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.kept = KeptAnswers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request from what is kept, or pass it on."""
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith("/api/"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        held = held_tags(headers.get("if-none-match"))
        # Who says that it holds any form is answered by the layer that knows the form as it was written.
        request = Request(scope)
        reading = None if held == ["*"] else await _open(request)
        if reading is None:
            await self.app(scope, receive, send)
            return
        chosen = headers.get("accept"), headers.get("accept-encoding")
        key = (reading.revision, scope["raw_path"], scope["query_string"], scope.get("root_path", ""), *chosen)
        kept = self.kept.find(key)
        try:
            if kept is None:
                share(scope, reading)
                await self.app(scope, receive, _Keeping(send, self.kept, key))
        finally:
            await at_once_if_embedded(request, reading.session.close)
        if kept is not None:
            await _give(kept, held, send)


async def _open(request: Request) -> Reading | None:
    """A transaction that reads; None where it cannot be told which state it sees."""

    def read() -> Reading | None:
        session = request.app.state.reader()
        try:
            revision = get_revision(session)
        except BaseException:
            session.close()
            raise
        if revision is None:
            session.close()
            return None
        return Reading(session, revision)

    try:
        return await at_once_if_embedded(request, read)
    except SQLAlchemyError:
        # The routes tell what is wrong with the catalog.
        return None


async def _give(kept: KeptAnswer, held: list[str], send: Send) -> None:
    if kept.tag in held:
        fields = [field for field in kept.fields if not field[0].startswith(b"content-")]
        await send({"type": "http.response.start", "status": 304, "headers": fields})
        await send({"type": "http.response.body", "body": b""})
        return
    # A list of its own: the outer layers add their fields to it.
    await send({"type": "http.response.start", "status": 200, "headers": list(kept.fields)})
    await send({"type": "http.response.body", "body": kept.body})


class _Keeping:
    """Passes an answer on and keeps it, if it is whole, tagged and not too large."""

    def __init__(self, send: Send, kept: KeptAnswers, key: Hashable) -> None:
        self._send = send
        self._kept = kept
        self._key = key
        self._fields: Fields | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = Headers(raw=message["headers"])
            if message["status"] == 200 and "etag" in headers and "no-store" not in headers.get("cache-control", ""):
                self._fields = list(message["headers"])
        elif message["type"] == "http.response.body" and self._fields is not None:
            fields, self._fields = self._fields, None
            body = message.get("body", b"")
            if not message.get("more_body", False) and len(body) <= MOST_BYTES_OF_ONE:
                self._kept.keep(self._key, KeptAnswer(fields, body))
        await self._send(message)
