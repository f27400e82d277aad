"""Answers that still hold are not made again: a tag of the catalog's revision and the address, known before any record.

The tag of an answer made here names the state that it was made from instead of its bytes, so that `If-None-Match` is
answered by one small read. It also names the code: another version of the program may write the same state otherwise.
"""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request, Response

from api.dependencies import SessionDep, at_once_if_embedded
from api.entity_tags import held_tags
from api.reading import reading_of
from catalog.queries.revision import get_revision


class NotModified(Exception):  # noqa: N818 - no error, an answer
    """The client holds this answer already."""

    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        self.tag = tag


@cache
def _code() -> str:
    """The program that writes the answers: its version, and when its files were last changed."""
    root = Path(__file__).parents[1]
    files = [*root.glob("api/**/*.py"), *root.glob("catalog/**/*.py")]
    return f"{version('headcat')}:{max(file.stat().st_mtime_ns for file in files)}:{len(files)}"


async def revision_of(request: Request, session: SessionDep) -> str | None:
    """The state of the catalog that this request reads; None where it cannot be told.

    Raises:
        NotModified: The client holds exactly this answer.
    """
    reading = reading_of(request.scope)
    revision = reading.revision if reading else await at_once_if_embedded(request, lambda: get_revision(session))
    if revision is None or request.method not in ("GET", "HEAD"):
        return revision
    tag = tag_of(request, revision)
    if tag in held_tags(request.headers.get("if-none-match")):
        raise NotModified(tag)
    return revision


RevisionDep = Annotated[str | None, Depends(revision_of)]


async def answer_if_unchanged(request: Request, response: Response, revision: RevisionDep) -> None:
    """Tag the answer by the state it is made from; `revision_of` has answered already where that is known."""
    if revision is not None and request.method in ("GET", "HEAD"):
        response.headers["ETag"] = tag_of(request, revision)


def tag_of(request: Request, revision: str) -> str:
    """The tag of what this address answers in a state of the catalog."""
    settings, scope = request.app.state.settings, request.scope
    address = f"{scope.get('root_path', '')} {scope['path']}?{scope['query_string'].decode('latin-1')}"
    parts = (revision, _code(), settings.public_url, settings.database_url, address, request.headers.get("accept", ""))
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
    return f'"{digest}"'


def not_modified(_request: Request, answer: Exception) -> Response:
    """The response to `NotModified`."""
    assert isinstance(answer, NotModified), "registered for nothing else"
    return Response(
        status_code=304, headers={"ETag": answer.tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    )
