"""The whole catalog as a folder of files in one format."""

import sqlite3
from pathlib import Path
from typing import Literal

from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError

from catalog.db import describe
from catalog.errors import ExportError
from catalog.export.folder import whole_folder, write_checksums
from catalog.export.parquet_files import require_pyarrow, write_parquet
from catalog.export.reading import TableSource, snapshot
from catalog.export.sqlite_file import write_sqlite
from catalog.export.tables import exported_tables
from catalog.export.text_files import write_csv, write_jsonl
from catalog.schema_version import require_current

Format = Literal["jsonl", "csv", "parquet", "sqlite"]
FORMATS: tuple[Format, ...] = ("jsonl", "csv", "parquet", "sqlite")
SQLITE_FILE = "catalog.sqlite"

_WRITERS = {"jsonl": write_jsonl, "csv": write_csv, "parquet": write_parquet}


def export_catalog(engine: Engine, folder: Path, format: Format) -> dict[str, int]:
    """Write all published tables into a new folder, with checksums; returns the rows of each table.

    Raises:
        SchemaVersionError: The catalog is at another schema version.
        ExportError: The folder is taken or cannot be written, or the format's library is missing.
    """
    require_current(engine)
    if format == "parquet":
        require_pyarrow()
    with whole_folder(folder) as part, snapshot(engine) as connection:
        sources = [TableSource(connection, table) for table in exported_tables()]
        counts = write_tables(sources, part, format)
        write_checksums(part)
    return counts


def write_tables(sources: list[TableSource], folder: Path, format: Format) -> dict[str, int]:
    """Write tables into an existing folder; returns the rows of each.

    Raises:
        ExportError: SQLite could not write its file.
    """
    if format != "sqlite":
        write = _WRITERS[format]
        return {source.name: write(source, folder / f"{source.name}.{format}") for source in sources}
    try:
        return write_sqlite(sources, folder / SQLITE_FILE)
    except (DatabaseError, sqlite3.Error) as problem:
        reason = describe(problem) if isinstance(problem, DatabaseError) else problem
        raise ExportError(f"{SQLITE_FILE} cannot be written: {reason}. Nothing was left behind.") from problem
