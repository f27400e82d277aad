"""Reads whole tables in one state of the catalog, a batch of columns at a time: memory does not grow with the catalog.

Rows come in the order of their key. A server-side cursor walks that key's index, so nothing is sorted or held back.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Engine, Select, Table, select
from sqlalchemy.types import JSON, Double, Integer, String

from catalog.export.tables import exported_columns, kind_of

# A verification's record is some 10 kB: 2,000 of them stay far below the memory that the program takes anyway.
_BATCH = 2_000
# Exactly these types: what derives from them converts values, as an enumeration does.
_PLAIN = (Integer, Double, String, JSON)


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
        if self.condition is None and all(_is_plain(column) for column in self.columns):
            yield from self._driver_batches(statement)
            return
        if self.condition is not None:
            statement = statement.where(self.condition)
        rows = self.connection.execution_options(yield_per=_BATCH).execute(statement)
        for batch in rows.partitions(_BATCH):
            yield list(zip(*batch, strict=True))

    def _driver_batches(self, statement: Select) -> Iterator[list[Sequence[Any]]]:
        """The same from the driver's own tuples: head scores are millions, and a row object costs more than its row."""
        if not self.connection.in_transaction():
            self.connection.begin()  # the driver alone would not, and the tables would be of several states
        raw: Any = self.connection.connection.driver_connection
        is_sqlite = self.connection.dialect.name == "sqlite"
        # psycopg reads JSON itself; only a named cursor leaves the rows on the server.
        as_text = [n for n, column in enumerate(self.columns) if is_sqlite and kind_of(column) == "json"]
        cursor = raw.cursor() if is_sqlite else raw.cursor(name=f"export_{self.name}")
        try:
            cursor.execute(str(statement.compile(dialect=self.connection.dialect)))
            while batch := cursor.fetchmany(_BATCH):
                columns: list[Sequence[Any]] = list(zip(*batch, strict=True))
                for n in as_text:
                    columns[n] = [None if value is None else json.loads(value) for value in columns[n]]
                yield columns
        finally:
            cursor.close()


def _is_plain(column: Column) -> bool:
    """Whether both drivers give the column's values as they are exported."""
    return type(column.type) in _PLAIN


def snapshot(engine: Engine) -> Connection:
    """A connection that sees one state of all tables, and takes no lock that a writer would wait for."""
    # SQLite's deferred transaction and PostgreSQL's repeatable read both give it.
    options: dict[str, Any] = {"sqlite_begin": "DEFERRED"}
    if engine.dialect.name == "postgresql":
        options["isolation_level"] = "REPEATABLE READ"
    return engine.execution_options(**options).connect()
