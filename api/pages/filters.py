"""From a GET form to a query: forms send every field, the empty ones too, and people mistype addresses."""

from collections.abc import Mapping
from typing import TypeVar

from fastapi import Request
from pydantic import ValidationError

from catalog.errors import InvalidQueryError
from catalog.queries.names import near_names
from catalog.queries.page import PageRequest

Asked = TypeVar("Asked", bound=PageRequest)


class Filled(dict[str, str]):
    """Fields of a form that hold something; an empty field reads as None."""

    def __missing__(self, key: str) -> None:
        return None


def read_query(request: Request, kind: type[Asked], **fixed: object) -> tuple[Asked, Filled]:
    """The query that a page's address asks for, and its filled fields for the form and the links to further pages.

    Args:
        request: The page's request.
        kind: Which query to fill.
        fixed: Values that the page sets itself.

    Raises:
        InvalidQueryError: A field is unknown or holds what it cannot hold.
    """
    given = filled(request.query_params)
    unknown = [name for name in given if name not in kind.model_fields]
    if unknown:
        known = [name for name in kind.model_fields if name not in fixed]
        raise InvalidQueryError(
            unknown[0], f"This list has no filter {unknown[0]!r}.", near_names(unknown[0], known) or known
        )
    try:
        return kind.model_validate({"total": True, **given, **fixed}), given
    except ValidationError as problem:
        first = problem.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "query"
        raise InvalidQueryError(name, f"The filter {name!r} cannot be {first['input']!r}: {first['msg']}.") from problem


def filled(parameters: Mapping[str, str]) -> Filled:
    """Fields that hold something."""
    return Filled({name: value.strip() for name, value in parameters.items() if value.strip()})
