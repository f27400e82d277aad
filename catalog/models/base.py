"""What every table shares: naming of constraints, closed lists, times, and the standing of citable entries."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, DateTime, ForeignKey, MetaData, String, TypeDecorator
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from catalog.vocabulary import Status

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


DERIVED = {"is_derived": True}
"""Marks a column that the database itself keeps from other rows, so that no export holds it."""


class UTCDateTime(TypeDecorator[datetime]):
    """A time with its zone; SQLite keeps no zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without a zone: two machines would read it differently."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time needs its zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Put the zone back."""
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - declared so by SQLAlchemy
        dict[str, Any]: JSON(none_as_null=True),
        list[str]: JSON(none_as_null=True),
        list[dict[str, Any]]: JSON(none_as_null=True),
        list[Any]: JSON(none_as_null=True),
        datetime: UTCDateTime(),
    }


def one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    """CHECK that a column holds a value of a closed list."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def index_range(*columns: str) -> list[CheckConstraint]:
    """CHECKs that indices are whole numbers from zero.

    SQLite would keep the text 'abc' in an integer column; text sorts above every number there, so the upper bound
    refuses it. No model has 10,000 layers or heads.
    """
    return [CheckConstraint(f"{column} >= 0 AND {column} < 10000", name=f"{column}_in_range") for column in columns]


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


class Citable:
    """An entry with a permanent accession and a standing.

    A withdrawn entry keeps its row: it answers with its reason, its successor and its last citable form.
    """

    accession: Mapped[str] = mapped_column(String(16), unique=True)
    version: Mapped[int] = mapped_column(default=1)
    """Version of the entry's content; each one is frozen in `entry_versions`."""
    status: Mapped[Status] = mapped_column(String(16), default=Status.PUBLISHED)
    withdrawn_reason: Mapped[str | None]
    successor: Mapped[str | None] = mapped_column(String(16))
    """Accession of the entry that took this one's place."""

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Any, ...]:
        return citable_constraints()


def citable_constraints() -> tuple[CheckConstraint, ...]:
    """Rules of every citable table; a class with its own `__table_args__` adds them to its own."""
    return (
        one_of("status", Status),
        CheckConstraint("version >= 1", name="version_from_one"),
        CheckConstraint("(status = 'withdrawn') = (withdrawn_reason IS NOT NULL)", name="withdrawn_has_reason"),
    )


def reference(target: str, *, index: bool = True, **options: Any) -> Any:
    """A foreign key column, indexed, that refuses to leave its row without its target."""
    return mapped_column(ForeignKey(target, ondelete="RESTRICT"), index=index, **options)
