"""What must hold before the server starts: a catalog of the right schema, and a free port."""

import socket
from pathlib import Path

import click
from sqlalchemy import make_url

from catalog.db import make_engine
from catalog.errors import SchemaVersionError
from catalog.schema_version import head_revision, require_current

WAITING = 2048
"""Connections that may wait to be taken; the system may allow fewer."""


def require_catalog(database_url: str) -> None:
    """Refuse a database that is missing or at another schema version, and leave no file behind.

    Raises:
        SchemaVersionError: There is no catalog, or it is older or newer than this program.
        DatabaseUnavailableError: The address cannot be used.
    """
    url = make_url(database_url)
    is_file = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    # Opening a SQLite file that does not exist would create an empty one.
    if is_file and not Path(str(url.database)).expanduser().exists():
        raise SchemaVersionError(None, head_revision())
    engine = make_engine(database_url)
    try:
        require_current(engine)
    finally:
        engine.dispose()


def free_sockets(host: str, port: int, n: int) -> list[socket.socket]:
    """Sockets that listen on one free port, one for each process; the system deals connections out to them.

    Each stays open here, so that nothing is lost while a process that ended is replaced.

    Raises:
        click.ClickException: The port is taken, or the address is not of this machine.
    """
    first = free_socket(host, port)
    if n == 1:
        return [first]
    # Sockets that share a port take it from no other program only if it was free without sharing.
    first.close()
    return [free_socket(host, port, is_shared=True) for _ in range(n)]


def free_socket(host: str, port: int, *, is_shared: bool = False) -> socket.socket:
    """A socket that listens on a free port, or on one that it shares with other sockets of this user.

    Raises:
        click.ClickException: The port is taken, or the address is not of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, the event loop sends small answers at once; otherwise their end waits 40 ms for the
    # acknowledgement of their beginning.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT if is_shared else socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(WAITING)
    except OSError as problem:
        listening.close()
        raise click.ClickException(
            f"Cannot listen on {host}:{port} ({problem.strerror or problem}); choose another with --host or --port."
        ) from problem
    return listening
