"""What routes and pages ask for: a session that reads, and the way to answer with a page of a list."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NoReturn, TypeVar
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import Depends, Request, Response
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from api.reading import reading_of
from api.schemas.base import Links, as_json
from catalog.queries.included import names_of
from catalog.queries.page import Page


class Moved(Exception):  # noqa: N818 - no error, an answer
    """A record has one address; another name of it answers 308 to that."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


Row = TypeVar("Row")
Item = TypeVar("Item")
Result = TypeVar("Result")


async def get_session(request: Request) -> AsyncIterator[Session]:
    """A reading session for this request; it is closed when the response has gone."""
    reading = reading_of(request.scope)
    if reading is not None:
        yield reading.session
        return
    session = request.app.state.reader()
    try:
        yield session
    finally:
        await at_once_if_embedded(request, session.close)


async def at_once_if_embedded(request: Request, action: Callable[[], Result]) -> Result:
    """Do something short with the database: a file is used at once, a server elsewhere in a thread.

    Handing a call to a thread and back takes several times as long as reading a row from a file.
    """
    return action() if request.app.state.is_embedded else await run_in_threadpool(action)


SessionDep = Annotated[Session, Depends(get_session)]


# What waits for nothing is a coroutine: the framework would send a plain function to another thread and back.
async def get_links(request: Request) -> Links:
    """Addresses under the name by which the server is cited."""
    return links_of(request)


def links_of(request: Request) -> Links:
    """The same, for who is not called by the framework."""
    return Links(request.app.state.settings.public_url.rstrip("/"))


LinksDep = Annotated[Links, Depends(get_links)]


@dataclass(frozen=True, slots=True)
class Reply:
    """Makes answers of what queries found."""

    request: Request
    response: Response
    links: Links

    def moved(self, *names: str) -> NoReturn:
        """Answer 308 to the one address of a record, with the query of this request."""
        path = "/".join(quote(name, safe="@.") for name in names)
        query = f"?{self.request.url.query}" if self.request.url.query else ""
        raise Moved(f"{self.request.scope.get('root_path', '')}/api/v1/{path}{query}")

    def page(self, page: Page[Row], make: Callable[[Row, Links], Item]) -> Any:
        """A page of a list, with the address of the next one in the body and in the header `Link`."""
        return self.written(page, make, fields=self.request.query_params.get("fields"))

    def written(
        self,
        page: Page[Row],
        make: Callable[[Row, Links], Item],
        *,
        fields: str | None,
        more: Mapping[str, Any] | None = None,
    ) -> Response:
        """A page of a list, each item with the fields that were asked for.

        Raises:
            InvalidQueryError: A field is unknown.
        """
        return self.record({**self.content(page, self._items(page, make, fields)), **(more or {})})

    def part(self, page: Page[Row], make: Callable[[Row, Links], Item]) -> dict[str, Any]:
        """A page of a list that is a part of another record.

        Raises:
            InvalidQueryError: A field is unknown.
        """
        return self.content(page, self._items(page, make, self.request.query_params.get("fields")))

    def _items(self, page: Page[Row], make: Callable[[Row, Links], Item], fields: str | None) -> list[Any]:
        # `make` is a class method of the record that it makes.
        record: Any = make.__self__  # type: ignore[attr-defined]
        chosen = names_of(fields, tuple(record.model_fields), "fields")
        made: list[Any] = [make(row, self.links) for row in page.items]
        return made if chosen is None else [{name: getattr(each, name) for name in chosen} for each in made]

    def content(self, page: Page[Any], items: list[Any]) -> dict[str, Any]:
        """A page of a list whose items are ready to be written; the framework would check them once more."""
        return {"items": items, **self.about(page)}

    def about(self, page: Page[Any]) -> dict[str, Any]:
        """What is said of a page beside its items."""
        return {"next": self._next(page), "next_cursor": page.next_cursor, "total": page.total}

    def record(self, record: Any) -> Response:
        """A record, or what is written as one."""
        return self._sent(as_json(record))

    def record_with(self, items: bytes, others: Mapping[str, Any]) -> Response:
        """A record whose first field is `items`, which is written already."""
        rest = as_json(others)
        return self._sent(b'{"items":' + items + b"," + rest[1:])

    def _sent(self, content: bytes) -> Response:
        return Response(content, headers=dict(self.response.headers), media_type="application/json")

    def _next(self, page: Page[Any]) -> str | None:
        # The next page of a search is asked for with another body, not at another address.
        if page.next_cursor is None or self.request.method == "POST":
            return None
        scope = self.request.scope
        given = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        query = urlencode([*(each for each in given if each[0] != "cursor"), ("cursor", page.next_cursor)])
        # Relative, so that it also holds behind a proxy that the server does not know of.
        address = f"{quote(scope['path'], safe='/@.:~')}?{query}"
        self.response.headers["Link"] = f'<{address}>; rel="next"'
        return address


async def get_reply(request: Request, response: Response, links: LinksDep) -> Reply:
    """What a route answers with."""
    return Reply(request, response, links)


ReplyDep = Annotated[Reply, Depends(get_reply)]
