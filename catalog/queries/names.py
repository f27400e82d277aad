"""From a name that somebody typed to the row it means, or to the near ones."""

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from catalog.errors import AmbiguousNameError, InvalidQueryError, NotFoundError

Found = TypeVar("Found")
P = ParamSpec("P")


def near_names(name: str, known: Iterable[str]) -> list[str]:
    """Up to three known names that look like a given one."""
    by_lower = {each.lower(): each for each in known}
    return [by_lower[each] for each in get_close_matches(name.lower(), by_lower, n=3, cutoff=0.6)]


def not_found(session: Session, kind: str, name: str, column: InstrumentedAttribute[str]) -> NotFoundError:
    """The error for a name that no row has, with the near ones of that column."""
    return NotFoundError(kind, name, near_names(name, session.scalars(select(column).distinct())))


def id_of(session: Session, kind: str, slug: str, column: InstrumentedAttribute[str]) -> int:
    """Key of the row with this slug.

    Raises:
        NotFoundError: No row has it.
    """
    table: Any = column.class_
    found = session.scalar(select(table.id).where(column == slug))
    if found is None:
        raise not_found(session, kind, slug, column)
    return int(found)


def as_filter(field: str, resolve: Callable[P, Found], *args: P.args, **kwargs: P.kwargs) -> Found:
    """Resolve a name given as a filter: a name that does not exist is a mistake in the query, not an empty answer.

    Raises:
        InvalidQueryError: The name stands for nothing, or for several rows.
    """
    try:
        return resolve(*args, **kwargs)
    except NotFoundError as problem:
        raise InvalidQueryError(field, f"There is no {problem.kind} named {problem.name!r}.", problem.near) from problem
    except AmbiguousNameError as problem:
        raise InvalidQueryError(field, str(problem)) from problem


def mentions(text: str, *columns: ColumnElement[Any] | InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Rows in which one of the columns contains a text, whatever its case."""
    return or_(*(column.icontains(text, autoescape=True) for column in columns))
