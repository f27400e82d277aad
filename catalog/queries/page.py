"""Lists in pages: a stable order, a cursor that cannot be mistaken for another list's, no hidden cap.

Pages follow the sort column and then the row's own key (keyset paging), so a page costs the same at any depth and
rows that arrive between two requests are neither lost nor shown twice. A leading minus turns the whole order round,
the key included, so that one index serves both directions; only empty values sort last in either.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.base import ExecutableOption

from catalog.errors import InvalidQueryError

MAX_LIMIT = 500
DEFAULT_LIMIT = 50

# Hex digits of the checksum in a cursor: it guards against mix-ups, not against an adversary, for whom a forged cursor
# holds nothing that a filter would not give.
_CHECKSUM_DIGITS = 16

INCLUDE_DESCRIPTION = (
    "Whole records that the findings name, to come with them in `included`, separated by commas: `papers`, "
    "`head_types`, `language_models`, `metrics`, `verifications`."
)

Item = TypeVar("Item")


class PageRequest(BaseModel):
    """Which page of a list, in which order; a concept's query adds its filters."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Items on a page, at most 500.")
    cursor: str | None = Field(
        default=None, max_length=2000, description="`next` of the page before; only valid with the same filters."
    )
    total: bool = Field(default=False, description="Also count all items that match.")
    fields: str | None = Field(
        default=None,
        max_length=500,
        description="Fields that each item holds, separated by commas, as `accession,name`; all without it.",
    )


def sort_field(sorts: Mapping[str, Any], default: str) -> Any:
    """The `sort` field of a query, documented with the names it takes."""
    names = [sign + name for name in sorts for sign in ("", "-")]
    return Field(
        default=default,
        max_length=64,
        description=f"Order of the items: {', '.join(sorts)}; a leading minus turns it round.",
        json_schema_extra={"enum": list(names)},
    )


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items of a list and the way to the next ones."""

    items: list[Item]
    next_cursor: str | None
    """Empty on the last page."""
    total: int | None
    """All items that match; only where the request asked for it."""


@dataclass(frozen=True, slots=True)
class _Key:
    """One column of the order."""

    column: ColumnElement[Any] | InstrumentedAttribute[Any]
    is_descending: bool
    is_nullable: bool

    def order(self) -> ColumnElement[Any]:
        return self.column.desc() if self.is_descending else self.column.asc()

    def after(self, value: Any, rest: ColumnElement[bool]) -> ColumnElement[bool]:
        """Rows behind `value` in this column, or level with it and behind in the later ones."""
        beyond = self.column < value if self.is_descending else self.column > value
        reach = self.column <= value if self.is_descending else self.column >= value
        # `reach AND (beyond OR rest)` rather than `beyond OR (level AND rest)`: the bound lets an index be used.
        return and_(reach, or_(beyond, rest))


def paginate(
    session: Session,
    statement: Select[*tuple[Any, ...]],
    query: PageRequest,
    *,
    sorts: Mapping[str, ColumnElement[Any]],
    key: Sequence[InstrumentedAttribute[Any]],
    read: Callable[[Any], Item],
    options: Sequence[ExecutableOption] = (),
) -> Page[Item]:
    """One page of a statement.

    Args:
        session: Where to read.
        statement: Filtered rows, without order.
        query: The request; its `sort` is a name of `sorts`, with a minus for descending.
        sorts: Columns that the list can be ordered by.
        key: Columns that together name one row, and are never empty.
        read: Makes an item of a row of the statement.
        options: What to load with each row.

    Raises:
        InvalidQueryError: The sort is unknown, or the cursor is damaged or of another query.
    """
    first = _sort_key(getattr(query, "sort", ""), sorts)
    keys = [first, *(_Key(column, first.is_descending, False) for column in key)]
    after = None if query.cursor is None else _decode(query, keys)
    rows = statement.add_columns(*(each.column for each in keys)).options(*options)
    found: list[Any] = []
    for part, part_keys, part_after in _parts(rows, keys, after):
        if part_after is not None:
            part = part.where(_behind(part_keys, part_after))  # noqa: PLW2901 - one statement, built up
        ordered = part.order_by(*(each.order() for each in part_keys)).limit(query.limit + 1 - len(found))
        found += session.execute(ordered).all()
        if len(found) > query.limit:
            break
    shown = found[: query.limit]
    cursor = _encode(query, shown[-1][-len(keys) :]) if len(found) > query.limit else None
    return Page([read(row) for row in shown], cursor, _count(session, statement, key) if query.total else None)


def _sort_key(sort: str, sorts: Mapping[str, ColumnElement[Any]]) -> _Key:
    name = sort.removeprefix("-")
    if name not in sorts:
        near = get_close_matches(name, sorts, n=3, cutoff=0.4)
        raise InvalidQueryError("sort", f"This list cannot be sorted by {name!r}, but by {', '.join(sorts)}.", near)
    column = sorts[name]
    # A label hides the column on purpose: behind an outer join, a column that is never empty in its table may be.
    known = isinstance(column, InstrumentedAttribute) and not column.property.columns[0].nullable
    return _Key(column, sort.startswith("-"), not known)


def _parts(
    rows: Select[*tuple[Any, ...]], keys: list[_Key], after: list[Any] | None
) -> list[tuple[Select[*tuple[Any, ...]], list[_Key], list[Any] | None]]:
    """The list in stretches that an index can serve: rows with a sort value, then those without, by key alone."""
    first, *others = keys
    if not first.is_nullable:
        return [(rows, keys, after)]
    empty = rows.where(first.column.is_(None))
    if after is not None and after[0] is None:
        return [(empty, others, after[1:])]
    return [(rows.where(first.column.is_not(None)), keys, after), (empty, others, None)]


def _behind(keys: Sequence[_Key], values: Sequence[Any]) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = false()
    for each, value in zip(reversed(keys), reversed(values), strict=True):
        condition = each.after(value, condition)
    return condition


def _count(session: Session, statement: Select[*tuple[Any, ...]], key: Sequence[InstrumentedAttribute[Any]]) -> int:
    rows = statement.with_only_columns(*key).order_by(None).subquery()
    return session.scalar(select(func.count()).select_from(rows)) or 0


def _fingerprint(query: PageRequest, values: str) -> str:
    bound = query.model_dump(mode="json", exclude={"limit", "cursor", "total", "fields", "include"})
    text = json.dumps([type(query).__name__, bound, values], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_CHECKSUM_DIGITS]


def _encode(query: PageRequest, values: Sequence[Any]) -> str:
    plain = json.dumps([value.isoformat() if isinstance(value, date) else value for value in values])
    whole = json.dumps([plain, _fingerprint(query, plain)])
    return base64.urlsafe_b64encode(whole.encode()).decode().rstrip("=")


def _decode(query: PageRequest, keys: Sequence[_Key]) -> list[Any]:
    refused = InvalidQueryError("cursor", "The cursor is damaged or belongs to another query: ask again without it.")
    assert query.cursor is not None, "only called with a cursor"
    try:
        padded = query.cursor + "=" * (-len(query.cursor) % 4)
        plain, checksum = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if checksum != _fingerprint(query, plain):
            raise refused
        return [_typed(value, each) for value, each in zip(json.loads(plain), keys, strict=True)]
    except (ValueError, TypeError, AttributeError, binascii.Error) as problem:
        raise refused from problem


def _typed(value: Any, key: _Key) -> Any:
    """A value as the column's own type: a forged cursor must not reach the database with another."""
    if value is None and key.is_nullable:
        return None
    expected = key.column.type.python_type
    if issubclass(expected, datetime):
        return datetime.fromisoformat(value)
    if issubclass(expected, date):
        return date.fromisoformat(value)
    if not isinstance(value, expected) and not (expected is float and isinstance(value, int)):
        raise ValueError(f"{value!r} is no {expected.__name__}")
    return value
