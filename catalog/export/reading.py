"""Reads whole tables in one state of the catalog, a batch of columns at a time: memory does not grow with the catalog.

Rows come in the order of their key. A server-side cursor walks that key's index, so nothing is sorted or held back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Engine, Table, select

from catalog.export.tables import exported_columns

# A verification's record is some 10 kB: 2,000 of them stay far below the memory that the program takes anyway.
_BATCH = 2_000


@dataclass(frozen=True)
class TableSource:
    """One table of a snapshot, ready to be read."""

    connection: Connection
    table: Table
    condition: ColumnElement[bool] | None = None
    """Which rows; all where there is none."""

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table.name

    @property
    def columns(self) -> list[Column]:
        """The columns that are exported."""
        return exported_columns(self.table)

    def batches(self) -> Iterator[list[Sequence[Any]]]:
        """The rows as columns, some thousand at a time."""
        statement = select(*self.columns).order_by(*self.table.primary_key)
        if self.condition is not None:
            statement = statement.where(self.condition)
        rows = self.connection.execution_options(yield_per=_BATCH).execute(statement)
        for batch in rows.partitions(_BATCH):
            yield list(zip(*batch, strict=True))


def snapshot(engine: Engine) -> Connection:
    """A connection that sees one state of all tables, and takes no lock that a writer would wait for."""
    # SQLite's deferred transaction and PostgreSQL's repeatable read both give it.
    options: dict[str, Any] = {"sqlite_begin": "DEFERRED"}
    if engine.dialect.name == "postgresql":
        options["isolation_level"] = "REPEATABLE READ"
    return engine.execution_options(**options).connect()
