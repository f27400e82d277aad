"""What is asked most is answered without the framework: a page of findings, one finding, a frozen version.

The framework takes several times as long to find a route and to solve its dependencies as the catalog takes to answer.
Here the same functions of the routes are called, with arguments made by hand from the same models, so that there is
one writer of each answer. Whatever is not plain (a refusal, a redirect, another media type) is left to the framework,
which asks again and knows how to say it.

On SQLite an answer is made at once, on the event loop, as long as each statement is short; a longer one is broken off
and made in a thread, and so are the next of its kind.
"""

from collections.abc import Callable, Hashable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from urllib.parse import parse_qsl

from fastapi import Response
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.dependencies import Reply, links_of
from api.entity_tags import held_tags
from api.freshness import NotModified, not_modified, tag_of
from api.negotiation import SeeOther
from api.reading import Reading, reading_of
from catalog.db import LongStatementError, short_statements
from catalog.errors import CatalogError

# The routes have an answer of their own for each of these.
_LEFT_TO_THE_FRAMEWORK = (CatalogError, ValidationError, SeeOther)

MOST_STEPS = 100_000
"""Steps of SQLite's machine that an answer may take on the event loop: two to five milliseconds."""

MOST_KINDS = 1_000
"""Kinds of long question that are remembered."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request for an answer that may be made here."""

    scope: Scope
    reading: Reading
    kind: str
    name: str
    """Accession, where one record is asked for."""
    parameters: Mapping[str, str]

    @property
    def shape(self) -> Hashable:
        """What decides how long the answer takes: which filters there are, not their values."""
        return self.kind, self.parameters.get("sort"), tuple(sorted(self.parameters))


class QuickAnswers:
    """Answers plain requests for what is asked most; passes on everything else."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._long: set[Hashable] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        asked = _asked(scope)
        response = None if asked is None else await self._made(asked)
        await (response or self.app)(scope, receive, send)

    async def _made(self, asked: _Asked) -> Response | None:
        try:
            if not asked.scope["app"].state.is_embedded or asked.shape in self._long:
                return await run_in_threadpool(_answer, asked, is_on_loop=False)
            try:
                return _answer(asked, is_on_loop=True)
            except LongStatementError:
                if len(self._long) < MOST_KINDS:
                    self._long.add(asked.shape)
                return await run_in_threadpool(_answer, asked, is_on_loop=False)
        except _LEFT_TO_THE_FRAMEWORK:
            return None


def _asked(scope: Scope) -> _Asked | None:
    """What a request asks for; None where the framework answers."""
    reading = reading_of(scope)
    if reading is None or scope.get("root_path"):
        return None
    kind, _, name = scope["path"].removeprefix("/api/v1/").partition("/")
    if (kind, bool(name)) not in _ANSWERS or "/" in name:
        return None
    if Headers(scope=scope).get("accept", "*/*") not in ("*/*", "application/json"):
        return None
    given = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    parameters = dict(given)
    is_plain = len(parameters) == len(given) and all(value and "\x00" not in value for value in parameters.values())
    if not is_plain or "\x00" in name or (name and parameters):
        return None
    return _Asked(scope, reading, kind, name, parameters)


def _answer(asked: _Asked, *, is_on_loop: bool) -> Response:
    request = Request(asked.scope)
    fields = Response()
    del fields.headers["content-length"]
    if asked.kind in _TAGGED:
        tag = tag_of(request, asked.reading.revision)
        if tag in held_tags(request.headers.get("if-none-match")):
            return not_modified(request, NotModified(tag))
        fields.headers["ETag"] = tag
    reply = Reply(request, fields, links_of(request))
    limit = short_statements(asked.reading.session, MOST_STEPS) if is_on_loop else nullcontext()
    with limit:
        return _ANSWERS[asked.kind, bool(asked.name)](asked, reply)


def _list_findings(asked: _Asked, reply: Reply) -> Response:
    # Loaded with the first request of its kind, like the routes themselves.
    from api.finding_reply import finding_reply  # noqa: PLC0415
    from api.routes.finding import list_findings  # noqa: PLC0415
    from catalog.queries.finding import FindingQuery  # noqa: PLC0415

    query = FindingQuery.model_validate(dict(asked.parameters))
    session = asked.reading.session
    return list_findings(session, query, finding_reply(session, reply, asked.reading.revision))


def _read_finding(asked: _Asked, reply: Reply) -> Response:
    from api.finding_reply import finding_reply  # noqa: PLC0415 - as above
    from api.routes.finding import read_finding  # noqa: PLC0415

    session = asked.reading.session
    return read_finding(session, asked.name, finding_reply(session, reply, asked.reading.revision))


def _read_entry(asked: _Asked, reply: Reply) -> Response:
    from api.routes.entry import read_entry  # noqa: PLC0415 - as above

    return read_entry(asked.reading.session, asked.name, reply, None)


_ANSWERS: Mapping[tuple[str, bool], Callable[[_Asked, Reply], Response]] = {
    ("findings", False): _list_findings,
    ("findings", True): _read_finding,
    ("entries", True): _read_entry,
}
"""Kind of address, and whether it names one record → how it is answered."""

_TAGGED = ("findings",)
"""Kinds whose tag names the state of the catalog; a frozen version has one of its bytes, and stays."""
