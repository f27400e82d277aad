"""The items of a list of the API, page after page."""

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from api.client.errors import HeadcatError
from api.client.reading import read, row_of

if TYPE_CHECKING:
    import pandas

T = TypeVar("T")
Page = dict[str, Any]


class Results(Generic[T]):
    """All items of a list. Nothing is asked before the first item is wanted; each loop asks anew."""

    def __init__(self, kind: type[T], ask: Callable[..., Page]) -> None:
        self._kind = kind
        self._ask = ask
        """Asks for a page; keywords are further parameters."""

    def pages(self) -> Iterator[list[T]]:
        """The items, a page at a time.

        Raises:
            HeadcatError: The server refused a request or could not be reached.
        """
        for items in self._pages():
            yield [read(self._kind, item) for item in items]

    def only(self, *fields: str) -> Iterator[dict[str, Any]]:
        """Each item with these fields alone, as plain JSON: less to send where few are wanted.

        Raises:
            HeadcatError: The server knows no such field; `near` has those that look like it.
        """
        for items in self._pages(fields=",".join(fields)):
            yield from items

    def _pages(self, **further: Any) -> Iterator[list[Any]]:
        page = self._ask(**further)
        while True:
            yield _items(page)
            if not page.get("next_cursor"):
                return
            page = self._ask(**further, cursor=page["next_cursor"])

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page

    def total(self) -> int:
        """How many items there are, counted by the server."""
        return int(self._ask(limit=1, total=True)["total"])

    def rows(self) -> Iterator[dict[str, Any]]:
        """Each item as one flat row, in which `language_model.slug` is a column."""
        return (row_of(item) for item in self)

    def to_pandas(self) -> "pandas.DataFrame":
        """All items as a data frame, one row each; a record that is absent leaves its columns empty.

        Raises:
            HeadcatError: pandas is not installed.
        """
        if find_spec("pandas") is None:
            raise HeadcatError("A data frame needs the library pandas, which is not installed: pip install pandas.")
        import pandas  # noqa: PLC0415 - the client works without it

        return pandas.DataFrame(list(self.rows()))


def _items(page: Page) -> list[Any]:
    try:
        return list(page["items"])
    except (KeyError, TypeError) as problem:
        raise HeadcatError("The server's answer is no page of a list; is its version another one?") from problem
