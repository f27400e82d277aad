"""Engine and sessions. Which tables there are: `catalog/models`."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from catalog.errors import DatabaseUnavailableError

# Long enough that a reader and the writer of a verification never see "database is locked" in practice.
_SQLITE_BUSY_TIMEOUT_MS = 30_000

# Whoever waits for a connection may hold the thread, or the event loop, that another needs to give one back: with a
# limit, more requests at once than connections stand still until the wait times out. The database has its own limit.
_NO_LIMIT = -1


def make_engine(database_url: str) -> Engine:
    """Engine for SQLite or PostgreSQL; creates the folder of a SQLite file, never the file's tables.

    Raises:
        DatabaseUnavailableError: The address cannot be read or its folder cannot be made.
    """
    try:
        url = make_url(database_url)
    except Exception as problem:
        raise DatabaseUnavailableError(database_url, f"this is no database address ({problem})") from problem
    if url.get_backend_name() == "postgresql":
        return create_engine(
            url.set(drivername="postgresql+psycopg"), pool_pre_ping=True, pool_size=10, max_overflow=_NO_LIMIT
        )
    if url.get_backend_name() != "sqlite":
        raise DatabaseUnavailableError(database_url, "only sqlite:/// and postgresql:// addresses are supported")
    if url.database and url.database != ":memory:":
        try:
            Path(url.database).expanduser().parent.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise DatabaseUnavailableError(database_url, str(problem)) from problem
    in_memory = url.database in (None, "", ":memory:")
    engine = create_engine(url) if in_memory else create_engine(url, max_overflow=_NO_LIMIT)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def hide_password(database_url: str) -> str:
    """The address as it may be shown."""
    return make_url(database_url).render_as_string(hide_password=True)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own transaction control starts late and skips DDL; we emit BEGIN ourselves (see _begin_sqlite),
    # or a rolled-back test keeps its rows.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute(f"PRAGMA busy_timeout = {_SQLITE_BUSY_TIMEOUT_MS}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    # IMMEDIATE for writers: taking the write lock at the first statement turns a mid-transaction
    # "database is locked" into a wait at its beginning. Readers ask for it by execution option.
    mode = connection.get_execution_options().get("sqlite_begin", "IMMEDIATE")
    connection.exec_driver_sql(f"BEGIN {mode}")


def make_reader(engine: Engine) -> sessionmaker[Session]:
    """Sessions for reading: on SQLite they take no write lock."""
    return sessionmaker(engine.execution_options(sqlite_begin="DEFERRED"), expire_on_commit=False)


class LongStatementError(Exception):
    """A statement was broken off because it takes longer than was allowed."""


# Often enough to break off a statement within a tenth of a millisecond, seldom enough to cost nothing.
_STEPS_BETWEEN_LOOKS = 2_000


@contextmanager
def short_statements(session: Session, most_steps: int) -> Iterator[None]:
    """Break off a statement once all within took more steps of SQLite's machine; no effect on PostgreSQL.

    A step is some 20 to 50 ns. Steps are counted in thousands, so that the limit holds to within a few of these.

    Raises:
        LongStatementError: One was broken off. The session can be used again.
    """
    connection: Any = session.connection().connection.driver_connection
    if not isinstance(connection, sqlite3.Connection):
        yield
        return
    looks = count(1)
    connection.set_progress_handler(lambda: next(looks) * _STEPS_BETWEEN_LOOKS > most_steps, _STEPS_BETWEEN_LOOKS)
    try:
        yield
    except OperationalError as problem:
        if getattr(problem.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
            raise LongStatementError from problem
        raise
    finally:
        connection.set_progress_handler(None, 0)


def make_writer(engine: Engine) -> sessionmaker[Session]:
    """Sessions for writing; the entry point commits."""
    return sessionmaker(engine, expire_on_commit=False)


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """One unit of work: committed at the end, rolled back whole on any error.

    Raises:
        DatabaseUnavailableError: The database cannot be reached, is locked, or its disk is full.
    """
    try:
        with make_writer(engine).begin() as session:
            yield session
    except OperationalError as problem:
        raise DatabaseUnavailableError(str(engine.url), describe(problem)) from problem


def describe(problem: DBAPIError) -> str:
    """What went wrong with the database, in one sentence without its final stop."""
    text = str(problem.orig).strip().splitlines()[0].rstrip(".")
    if "full" in text or "No space left" in text:
        return "the disk is full; free some room and run the command again, nothing was stored"
    if "disk I/O error" in text:
        return (
            "the disk cannot be written, it may be full; free some room and run the command again, nothing was stored"
        )
    if "not a database" in text:
        return "the file is no SQLite database; name another one in HEADCAT_DATABASE_URL"
    return text
