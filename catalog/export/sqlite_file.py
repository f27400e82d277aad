"""The catalog as one SQLite file with all indices, which `headcat serve` opens as it is."""

from collections.abc import Callable, Sequence
from datetime import UTC, date
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from catalog.canonical import canonical_json
from catalog.db import make_engine
from catalog.export.reading import TableSource
from catalog.export.tables import kind_of
from catalog.schema import upgrade

# How SQLAlchemy keeps these kinds in SQLite.
_STORED: dict[str, Callable[[Any], Any]] = {
    "json": canonical_json,
    "datetime": lambda moment: moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"),
    "date": date.isoformat,
    "boolean": int,
}


def write_sqlite(sources: Sequence[TableSource], file: Path) -> dict[str, int]:
    """A new catalog with these tables; returns the rows of each. The same rows give the same bytes."""
    target = make_engine(f"sqlite:///{file}")
    try:
        upgrade(target)
        with target.connect() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None, "the pool hands out open connections"
            # A row may point at a later row of its own table: the links are checked when all rows are there.
            raw.execute("PRAGMA foreign_keys = OFF")
            raw.execute("BEGIN")
            counts = {source.name: _copy(source, raw) for source in sources}
            broken = raw.execute("PRAGMA foreign_key_check").fetchall()
            assert not broken, f"rows without their targets: {broken[:3]}"
            raw.execute("COMMIT")
        _settle(target)
    finally:
        target.dispose()
    return counts


def _copy(source: TableSource, raw: Any) -> int:
    names = ", ".join(f'"{column.name}"' for column in source.columns)
    places = ", ".join("?" * len(source.columns))
    statement = f'INSERT INTO "{source.name}" ({names}) VALUES ({places})'
    convert = {n: _STORED[kind] for n, column in enumerate(source.columns) if (kind := kind_of(column)) in _STORED}
    n_rows = 0
    for batch in source.batches():
        columns: list[Sequence[Any]] = list(batch)
        for n, form in convert.items():
            columns[n] = [None if value is None else form(value) for value in columns[n]]
        raw.executemany(statement, zip(*columns, strict=True))
        n_rows += len(batch[0])
    return n_rows


def _settle(target: Engine) -> None:
    """One file without a journal beside it, its pages in one order."""
    with target.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None, "the pool hands out open connections"
        raw.execute("PRAGMA journal_mode = DELETE")
        raw.execute("VACUUM")
