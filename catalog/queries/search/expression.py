"""One boolean expression for every search: conditions on fields, joined by and, or and not.

    {"and": [{"field": "head_type", "op": "eq", "value": "retrieval"},
             {"not": {"field": "verdict", "op": "in", "value": ["not_reproduced", "error"]}},
             {"or": [{"field": "family", "op": "eq", "value": "llama"},
                     {"field": "value", "op": "gte", "value": 0.5}]}]}

Which fields there are is told by the things searched (`finding_fields` and its neighbours); this module checks that a
condition fits its field and turns the whole into one condition of a statement. Everything that a caller gives reaches
the database as a bound value.

A comparison with an absent value is neither true nor false, as in SQL: neither it nor its `not` finds the row. `exists`
asks for absence itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag
from sqlalchemy import ColumnElement, and_, not_, or_
from sqlalchemy.orm import Session

from catalog.errors import InvalidQueryError
from catalog.queries.moment import moment
from catalog.queries.names import near_names

MAX_DEPTH = 8
MAX_CONDITIONS = 100
MAX_VALUES = 200
MAX_TEXT = 200

Operator = Literal["eq", "ne", "in", "lt", "lte", "gt", "gte", "contains", "matches", "exists"]
Scalar = (
    Annotated[bool, Field(strict=True)]
    | Annotated[int, Field(strict=True, ge=-(2**31), lt=2**31)]
    | Annotated[float, Field(strict=True, allow_inf_nan=False)]
    | Annotated[str, Field(strict=True, max_length=MAX_TEXT, pattern="^[^\\x00]*$")]
)


class _Node(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Condition(_Node):
    """A field compared with a value."""

    field: str = Field(max_length=64, description="Name of a field of what is searched.")
    op: Operator = Field(
        description="`eq`, `ne`, `in` (a list), `lt`, `lte`, `gt`, `gte`, `contains` (a part of a text, whatever its "
        "case), `matches` (words of a full text) or `exists` (true or false)."
    )
    value: Scalar | Annotated[list[Scalar], Field(min_length=1, max_length=MAX_VALUES)] = Field(
        description="What to compare with; a list for `in`, true or false for `exists`."
    )


class AllOf(_Node):
    """Every part holds."""

    all_of: list["Expression"] = Field(
        alias="and", min_length=1, max_length=MAX_CONDITIONS, description="Parts that must all hold."
    )


class AnyOf(_Node):
    """At least one part holds."""

    any_of: list["Expression"] = Field(
        alias="or", min_length=1, max_length=MAX_CONDITIONS, description="Parts of which one must hold."
    )


class NoneOf(_Node):
    """The part does not hold."""

    none_of: "Expression" = Field(alias="not", description="Part that must not hold.")


def _kind(value: Any) -> str:
    for model, kind in ((AllOf, "and"), (AnyOf, "or"), (NoneOf, "not")):
        if isinstance(value, model) or (isinstance(value, dict) and kind in value):
            return kind
    return "condition"


Expression: TypeAlias = Annotated[
    Annotated[AllOf, Tag("and")]
    | Annotated[AnyOf, Tag("or")]
    | Annotated[NoneOf, Tag("not")]
    | Annotated[Condition, Tag("condition")],
    Discriminator(_kind),
]

for _each in (AllOf, AnyOf, NoneOf):
    _each.model_rebuild()


def require_bounded(value: Any) -> Any:
    """Refuse an expression that is deeper or larger than is read, before anything walks down into it.

    Raises:
        ValueError: It is; said in one sentence.
    """
    level, n_parts = [value], 0
    for _depth in range(MAX_DEPTH):
        level = [part for each in level for part in _parts_of(each)]
        n_parts += len(level)
        if n_parts > MAX_CONDITIONS:
            raise ValueError(f"an expression holds at most {MAX_CONDITIONS} parts")
        if not level:
            return value
    raise ValueError(f"an expression is at most {MAX_DEPTH} levels deep")


def _parts_of(value: Any) -> list[Any]:
    if not isinstance(value, dict):
        return []
    lists = [value[name] for name in ("and", "or") if isinstance(value.get(name), list)]
    return [part for each in lists for part in each] + ([value["not"]] if "not" in value else [])


class Kind(StrEnum):
    """What a field holds, and so which operators and values it takes."""

    NAME = "name"
    TEXT = "text"
    WORDS = "words"
    CHOICE = "choice"
    NUMBER = "number"
    WHOLE = "whole number"
    MOMENT = "date"
    YES_NO = "true or false"


OPERATORS: Mapping[Kind, tuple[Operator, ...]] = {
    Kind.NAME: ("eq", "ne", "in"),
    Kind.TEXT: ("eq", "ne", "in", "contains"),
    Kind.WORDS: ("matches",),
    Kind.CHOICE: ("eq", "ne", "in"),
    Kind.NUMBER: ("eq", "ne", "in", "lt", "lte", "gt", "gte"),
    Kind.WHOLE: ("eq", "ne", "in", "lt", "lte", "gt", "gte"),
    Kind.MOMENT: ("lt", "lte", "gt", "gte"),
    Kind.YES_NO: ("eq",),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a condition is made for."""

    session: Session
    at: str
    """Place of the condition in the request, for errors."""
    as_of: datetime | None = None
    """Re-runs after this moment do not count."""


@dataclass(frozen=True, slots=True)
class SearchField:
    """A field that can be asked for."""

    kind: Kind
    description: str
    column: Callable[[Asked], Any] | None = None
    """What is compared, for fields that are a value of the row."""
    member: Callable[[Asked, Any], ColumnElement[bool]] | None = None
    """The condition that one value gives, for fields that are names of other records."""
    choices: tuple[str, ...] = ()
    is_nullable: bool = False

    @property
    def operators(self) -> tuple[Operator, ...]:
        """Operators that the field takes."""
        return OPERATORS[self.kind] + (("exists",) if self.is_nullable else ())


Fields = Mapping[str, SearchField]


def condition_of(expression: Expression, fields: Fields, asked: Asked) -> ColumnElement[bool]:
    """The condition that an expression states.

    Raises:
        InvalidQueryError: A field is unknown, or an operator or a value does not fit it.
    """

    def within(step: str) -> Asked:
        return Asked(asked.session, f"{asked.at}/{step}", asked.as_of)

    if isinstance(expression, AllOf):
        return and_(*(condition_of(e, fields, within(f"and/{n}")) for n, e in enumerate(expression.all_of)))
    if isinstance(expression, AnyOf):
        return or_(*(condition_of(e, fields, within(f"or/{n}")) for n, e in enumerate(expression.any_of)))
    if isinstance(expression, NoneOf):
        return not_(condition_of(expression.none_of, fields, within("not")))
    return compare(fields, expression.field, expression.op, expression.value, asked)


def compare(fields: Fields, name: str, op: Operator, value: Any, asked: Asked) -> ColumnElement[bool]:
    """The condition that a field's comparison with a value states.

    Raises:
        InvalidQueryError: The field is unknown, or the operator or the value does not fit it.
    """
    field = fields.get(name)
    if field is None:
        near = near_names(name, fields) or sorted(fields)
        raise InvalidQueryError(f"{asked.at}/field", f"There is no field {name!r} to search.", near)
    if op not in field.operators:
        takes = ", ".join(field.operators)
        raise InvalidQueryError(f"{asked.at}/op", f"The field {name!r} holds a {field.kind} and takes {takes}.")
    if op == "exists":
        if not isinstance(value, bool):
            raise InvalidQueryError(f"{asked.at}/value", "`exists` takes true or false.")
        return _exists(field, asked, value)
    given = value if isinstance(value, list) else [value]
    if isinstance(value, list) != (op == "in"):
        raise InvalidQueryError(f"{asked.at}/value", "`in` takes a list of values, every other operator one value.")
    at_value = Asked(asked.session, f"{asked.at}/value", asked.as_of)
    return applied(field, op, [_fitting(name, field, each, at_value) for each in given], at_value)


def applied(field: SearchField, op: str, values: Sequence[Any], asked: Asked) -> ColumnElement[bool]:
    """The condition for values that are known to fit the field.

    Raises:
        InvalidQueryError: A value names a record that does not exist, or several.
    """
    if field.member is not None:
        found = or_(*(field.member(asked, each) for each in values))
        return not_(found) if op == "ne" else found
    assert field.column is not None, "a field has a column or members"
    return _OPERATIONS[op](field.column(asked), values)


def _exists(field: SearchField, asked: Asked, wanted: bool) -> ColumnElement[bool]:
    assert field.column is not None, "only columns may be absent"
    column = field.column(asked)
    return column.is_not(None) if wanted else column.is_(None)


_OPERATIONS: Mapping[str, Callable[[Any, Sequence[Any]], ColumnElement[bool]]] = {
    "eq": lambda column, values: column == values[0],
    "ne": lambda column, values: column != values[0],
    "in": lambda column, values: column.in_(values),
    "lt": lambda column, values: column < values[0],
    "lte": lambda column, values: column <= values[0],
    "gt": lambda column, values: column > values[0],
    "gte": lambda column, values: column >= values[0],
    "contains": lambda column, values: column.icontains(values[0], autoescape=True),
}


def _fitting(name: str, field: SearchField, value: Any, asked: Asked) -> Any:
    """The value as the field's own type."""
    if field.kind is Kind.CHOICE and isinstance(value, str):
        if value in field.choices:
            return value
        near = near_names(value, field.choices) or field.choices
        raise InvalidQueryError(asked.at, f"The field {name!r} never holds {value!r}.", near)
    if field.kind is Kind.MOMENT and isinstance(value, str | date):
        return moment(value, asked.at)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = {
        Kind.NAME: isinstance(value, str),
        Kind.TEXT: isinstance(value, str),
        Kind.WORDS: isinstance(value, str),
        Kind.NUMBER: is_number,
        # PostgreSQL counts in four bytes.
        Kind.WHOLE: is_number and abs(value) < 2**31 and value == int(value),
        Kind.YES_NO: isinstance(value, bool),
    }
    if not fits.get(field.kind, False):
        raise InvalidQueryError(asked.at, f"The field {name!r} holds a {field.kind}, which {value!r} is not.")
    return int(value) if field.kind is Kind.WHOLE else value
