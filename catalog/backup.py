"""Backup and restore of a whole catalog, as one SQLite file, from and to either database.

The copy goes table by table through the schema, not through a tool of the server: a backup of a PostgreSQL catalog
opens on a laptop, and a SQLite catalog moves to PostgreSQL by restoring its backup there.
"""

import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, bindparam, delete, func, insert, select, text, update
from sqlalchemy.exc import DatabaseError

from catalog.db import make_engine
from catalog.errors import BackupError
from catalog.models import Base
from catalog.schema import current_revision, head_revision, require_current, upgrade

# Rows held in memory at a time.
_BATCH = 5_000


def back_up(engine: Engine, file: Path) -> dict[str, int]:
    """Write the whole catalog to a new SQLite file; returns the rows of each table.

    The file appears only when it is complete.

    Raises:
        SchemaVersionError: The catalog is at another schema version.
        BackupError: The file exists, or cannot be written.
    """
    require_current(engine)
    if file.exists():
        raise BackupError(f"{file} exists; name another file or remove it first.")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.", suffix=".part")
        os.close(handle)
    except OSError as problem:
        raise BackupError(f"{file} cannot be written: {problem.strerror}.") from problem
    part = Path(name)
    try:
        counts = _copy_into_file(engine, part)
        part.replace(file)
    except (OSError, DatabaseError) as problem:
        raise BackupError(f"{file} cannot be written: {problem}. Nothing was left behind.") from problem
    finally:
        for leftover in part.parent.glob(f"{part.name}*"):
            leftover.unlink()
    return counts


def _copy_into_file(engine: Engine, part: Path) -> dict[str, int]:
    target = make_engine(f"sqlite:///{part}")
    try:
        upgrade(target)
        with _snapshot(engine) as source, target.begin() as connection:
            counts = _copy_all(source, connection)
        # One file and no journal beside it, so that it can be moved about.
        with target.connect().execution_options(sqlite_begin="DEFERRED") as connection:
            raw = connection.connection.driver_connection
            assert raw is not None
            raw.execute("PRAGMA journal_mode = DELETE")
    finally:
        target.dispose()
    return counts


def restore(engine: Engine, file: Path) -> dict[str, int]:
    """Replace everything in a catalog by a backup, in one transaction; returns the rows of each table.

    Raises:
        BackupError: The file is no backup, or of another schema version; nothing was changed.
    """
    if not _is_sqlite(file):
        raise BackupError(f"{file} is no backup of a catalog; `headcat db backup FILE` writes one.")
    source = make_engine(f"sqlite:///{file}")
    try:
        found = current_revision(source)
        if found != head_revision():
            raise BackupError(
                f"{file} is at schema version {found or 'none'}, this program needs {head_revision()}: restore it with "
                "the program that wrote it, upgrade, and back up again."
            )
        require_current(engine)
        with _snapshot(source) as reader, engine.begin() as connection:
            for table in reversed(Base.metadata.sorted_tables):
                _forget_self_references(connection, table)
                connection.execute(delete(table))
            counts = _copy_all(reader, connection)
            advance_sequences(connection)
    except DatabaseError as problem:
        raise BackupError(f"{file} cannot be restored: {problem}. Nothing was changed.") from problem
    finally:
        source.dispose()
    return counts


def _snapshot(engine: Engine) -> Connection:
    # One state for all tables: SQLite's deferred transaction and PostgreSQL's repeatable read both give it.
    options: dict[str, Any] = {"sqlite_begin": "DEFERRED"}
    if engine.dialect.name == "postgresql":
        options["isolation_level"] = "REPEATABLE READ"
    return engine.execution_options(**options).connect()


def _is_sqlite(file: Path) -> bool:
    try:
        with file.open("rb") as stream:
            if stream.read(16) != b"SQLite format 3\0":
                return False
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
            return connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
    except (OSError, sqlite3.DatabaseError):
        return False


def _copy_all(source: Connection, target: Connection) -> dict[str, int]:
    return {table.name: insert_rows(target, table, _batches(source, table)) for table in Base.metadata.sorted_tables}


def insert_rows(target: Connection, table: Table, batches: Iterable[list[dict[str, Any]]]) -> int:
    """Put rows into an empty table, whatever their order; returns how many."""
    own = [column.name for column in table.columns if any(k.column.table is table for k in column.foreign_keys)]
    n_rows, held_back = 0, []
    for batch in batches:
        # A row may point at a later row of its own table: those links are set when all rows are there.
        held_back += [{"row": r["id"], **{n: r[n] for n in own}} for r in batch if any(r[n] is not None for n in own)]
        target.execute(insert(table), [{**r, **dict.fromkeys(own)} for r in batch])
        n_rows += len(batch)
    if held_back:
        statement = update(table).where(table.c.id == bindparam("row")).values({n: bindparam(n) for n in own})
        target.execute(statement, held_back)
    return n_rows


def _batches(source: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    statement = select(table).order_by(*table.primary_key)
    for batch in source.execution_options(yield_per=_BATCH).execute(statement).mappings().partitions(_BATCH):
        yield [dict(row) for row in batch]


def _forget_self_references(connection: Connection, table: Table) -> None:
    for column in table.columns:
        if any(key.column.table is table for key in column.foreign_keys):
            connection.execute(update(table).values({column: None}))


def advance_sequences(connection: Connection) -> None:
    """Have the next insert get a key behind those that were put in."""
    # PostgreSQL counts its keys apart from the rows: without this the next insert would collide.
    if connection.dialect.name != "postgresql":
        return
    for table in Base.metadata.sorted_tables:
        if "id" in table.primary_key.columns:
            last = connection.execute(select(func.max(table.c.id))).scalar()
            connection.execute(
                text("SELECT setval(pg_get_serial_sequence(:table, 'id'), :value, :is_used)"),
                {"table": table.name, "value": last or 1, "is_used": last is not None},
            )
