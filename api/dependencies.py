"""What routes and pages ask for: a session that reads, and the way to answer with a page of a list."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, NoReturn, TypeVar
from urllib.parse import quote

from fastapi import Depends, Request, Response
from sqlalchemy.orm import Session

from api.schemas.base import Links, PageOf
from catalog.queries.page import Page


class Moved(Exception):  # noqa: N818 - no error, an answer
    """A record has one address; another name of it answers 308 to that."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


Row = TypeVar("Row")
Item = TypeVar("Item")


def get_session(request: Request) -> Iterator[Session]:
    """A reading session for this request; it is closed when the response has gone."""
    with request.app.state.reader() as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session)]


def get_links(request: Request) -> Links:
    """Addresses under the name by which the server is cited."""
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

    def page(self, page: Page[Row], make: Callable[[Row, Links], Item]) -> PageOf[Any]:
        """A page of a list, with the address of the next one in the body and in the header `Link`."""
        address = None
        if page.next_cursor is not None:
            url = self.request.url.include_query_params(cursor=page.next_cursor)
            # Relative, so that it also holds behind a proxy that the server does not know of.
            address = f"{url.path}?{url.query}"
            self.response.headers["Link"] = f'<{address}>; rel="next"'
        items = [make(row, self.links) for row in page.items]
        return PageOf[Any].model_construct(items=items, next=address, next_cursor=page.next_cursor, total=page.total)


def get_reply(request: Request, response: Response, links: LinksDep) -> Reply:
    """What a route answers with."""
    return Reply(request, response, links)


ReplyDep = Annotated[Reply, Depends(get_reply)]
