"""Who is alive: a lock that a worker holds as long as its process lives, so that no clock is asked.

The kernel or the database gives the lock back when a process dies, however it dies. On PostgreSQL it is an advisory
lock of a session of its own; on SQLite, which serves one machine, a lock on a file beside the database. Whoever wants
the jobs of another worker takes that worker's lock first: having it proves that nobody works under that id, and keeps
the worker from coming back in the middle.
"""

import fcntl
import hashlib
import os
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol

import psycopg
from sqlalchemy import make_url

from catalog.errors import DatabaseUnavailableError

_SECONDS_OF_PATIENCE = 5.0
"""A rescuer holds another's lease for moments only; a worker that starts waits that long before it gives up."""


class Lease(Protocol):
    """A lock under a name."""

    def take(self) -> bool:
        """Take it if nobody has it."""

    def is_held(self) -> bool:
        """Whether this process still has it: a database that was restarted has forgotten."""

    def release(self) -> None:
        """Give it back."""


def lease(database_url: str, name: str) -> Lease:
    """The lock of this name beside or in the catalog's database."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        assert url.database, "jobs need a database that outlives the process"
        return _FileLease(Path(url.database).expanduser(), name)
    return _SessionLease(database_url, name)


def take_patiently(wanted: Lease) -> bool:
    """Take a lease, waiting a few seconds for a rescuer that may hold it."""
    deadline = time.monotonic() + _SECONDS_OF_PATIENCE
    while not wanted.take():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


class _FileLease:
    def __init__(self, database: Path, name: str) -> None:
        readable = re.sub(r"[^A-Za-z0-9.-]+", "_", name)[:60]
        digest = hashlib.sha256(name.encode()).hexdigest()[:8]
        self._file = database.with_name(f"{database.name}.workers") / f"{readable}-{digest}.lock"
        self._open: IO[str] | None = None

    def take(self) -> bool:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            opened = self._file.open("a")
        except OSError as problem:
            raise DatabaseUnavailableError(str(self._file), str(problem)) from problem
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            opened.close()
            return False
        self._open = opened
        return True

    def is_held(self) -> bool:
        """Lost only where somebody removed the file: then another process could lock its namesake."""
        if self._open is None:
            return False
        with suppress(OSError):
            return os.fstat(self._open.fileno()).st_ino == self._file.stat().st_ino
        return False

    def release(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


class _SessionLease:
    def __init__(self, database_url: str, name: str) -> None:
        self._url = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
        digest = hashlib.sha256(f"headcat.worker {name}".encode()).digest()
        self._key = int.from_bytes(digest[:8], "big", signed=True)
        self._session: psycopg.Connection | None = None

    def take(self) -> bool:
        try:
            # Keepalives: a lock whose owner's machine is gone comes back within about a minute.
            session = psycopg.connect(
                self._url, autocommit=True, keepalives_idle=20, keepalives_interval=10, keepalives_count=3
            )
            row = session.execute("SELECT pg_try_advisory_lock(%s)", (self._key,)).fetchone()
        except psycopg.Error as problem:
            raise DatabaseUnavailableError(self._url, str(problem).strip().splitlines()[0]) from problem
        if row is None or not row[0]:
            session.close()
            return False
        self._session = session
        return True

    def is_held(self) -> bool:
        if self._session is None:
            return False
        try:
            self._session.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True

    def release(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None
