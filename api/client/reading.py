"""From the JSON of an answer to the records of the client, and from records to rows."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache
from types import UnionType
from typing import Any, TypeVar, cast, get_args, get_origin

from api.client.errors import HeadcatError

T = TypeVar("T")


def read(kind: type[T], content: Any) -> T:
    """A record from parsed JSON. Fields that this version of the client does not know are left out.

    Raises:
        HeadcatError: The answer is not of this kind.
    """
    try:
        return cast(T, _reader(cast(Any, kind))(content))
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise HeadcatError(
            f"The server's answer is no {kind.__name__} of this client ({problem!r}); is its version another one?"
        ) from problem


def row_of(record: Any, prefix: str = "") -> dict[str, Any]:
    """A record as one flat row: `language_model.slug` is a column, and a record that is absent has none."""
    row: dict[str, Any] = {}
    for field in fields(record):
        value = getattr(record, field.name)
        name = prefix + field.name
        if is_dataclass(value):
            row |= row_of(value, f"{name}.")
        elif value is not None or not _names_record(field.type):
            row[name] = value
    return row


def _names_record(kind: Any) -> bool:
    return any(is_dataclass(each) for each in get_args(kind))


_TIMES: dict[Any, Callable[[Any], Any]] = {datetime: datetime.fromisoformat, date: date.fromisoformat}


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    """How values of a declared type are read."""
    if is_dataclass(kind):
        return _record_reader(cast(type, kind))
    if kind in _TIMES:
        return _TIMES[kind]
    arguments = get_args(kind)
    if get_origin(kind) is list:
        item = _reader(arguments[0])
        return lambda values: [item(value) for value in values]
    if get_origin(kind) is dict:
        held = _reader(arguments[1])
        return lambda values: {name: held(value) for name, value in values.items()}
    others = [each for each in arguments if each is not type(None)]
    if isinstance(kind, UnionType) and len(others) == 1:
        inner = _reader(others[0])
        return lambda value: None if value is None else inner(value)
    return lambda value: value


def _record_reader(kind: type) -> Callable[[Any], Any]:
    parts = [(field.name, _reader(cast(Any, field.type))) for field in fields(kind)]
    return lambda content: kind(**{name: part(content[name]) for name, part in parts})
