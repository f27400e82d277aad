"""Loads a release into an empty catalog, which equals the original: all of it, or nothing.

It reads the JSON Lines files, after their checksums, so that a release also moves from SQLite to PostgreSQL.
"""

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, insert, select, text
from sqlalchemy.exc import DataError, IntegrityError

from catalog.backup import advance_sequences, insert_rows
from catalog.canonical import sha256_of
from catalog.db import transaction
from catalog.errors import ReleaseError
from catalog.export.tables import exported_columns, exported_tables, kind_of
from catalog.models import Release
from catalog.release.manifest import Manifest, read_manifest
from catalog.release.verify import verify_files
from catalog.schema_version import head_revision, require_current

# Rows held in memory at a time.
_BATCH = 2_000


def load_release(engine: Engine, folder: Path) -> Manifest:
    """Put a release into a catalog that holds nothing yet, in one transaction.

    Raises:
        SchemaVersionError: The catalog is at another schema version than this program.
        ReleaseError: The folder is no whole release, of another schema version, or the catalog holds records.
    """
    require_current(engine)
    manifest = read_manifest(folder)
    if manifest.schema_version != head_revision():
        raise ReleaseError(
            f"The release {manifest.name!r} is of schema version {manifest.schema_version}, this program needs "
            f"{head_revision()}: load it with headcat {manifest.headcat_version} and upgrade, or take a later release."
        )
    if set(manifest.tables) != {table.name for table in exported_tables()}:
        raise ReleaseError(f"The manifest of {folder} does not name the tables of a catalog; get the release again.")
    verify_files(folder, manifest)
    try:
        with transaction(engine) as session:
            _fill(session.connection(), folder, manifest)
            if engine.dialect.name == "postgresql":
                # Fresh statistics, or the first queries after a bulk load scan whole tables.
                session.execute(text("ANALYZE"))
    except (IntegrityError, DataError) as problem:
        raise ReleaseError(f"{folder} breaks a rule of the catalog, nothing was loaded: {problem.orig}.") from problem
    return manifest


def _fill(connection: Connection, folder: Path, manifest: Manifest) -> None:
    tables = exported_tables()
    for table in tables:
        if connection.execute(select(*table.primary_key).limit(1)).first() is not None:
            raise ReleaseError(
                f"The catalog holds records already ({table.name}); a release is loaded into an empty one: name a new "
                "database in HEADCAT_DATABASE_URL and run `headcat db upgrade`."
            )
    for table in tables:
        n_rows = insert_rows(connection, table, _batches(folder / "jsonl" / f"{table.name}.jsonl", table))
        if n_rows != manifest.tables[table.name]:
            raise ReleaseError(f"{table.name} has {n_rows} rows, the manifest says {manifest.tables[table.name]}.")
    # The row of the release itself, which its own files cannot hold.
    connection.execute(
        insert(Release).values(
            id=manifest.number,
            name=manifest.name,
            created_at=datetime.fromisoformat(manifest.created_at),
            manifest=manifest.model_dump(mode="json"),
            manifest_sha256=sha256_of(manifest.canonical()),
        )
    )
    advance_sequences(connection)


def _batches(file: Path, table: Table) -> Iterator[list[dict[str, Any]]]:
    read = {column.name: _FORMS.get(kind_of(column)) for column in exported_columns(table)}
    batch: list[dict[str, Any]] = []
    try:
        stream = file.open(encoding="utf-8")
    except OSError as problem:
        raise ReleaseError(f"{file} cannot be read: {problem.strerror}.") from problem
    with stream:
        for number, line in enumerate(stream, start=1):
            try:
                batch.append(_row(json.loads(line), read))
            except (ValueError, TypeError, AttributeError) as problem:
                raise ReleaseError(f"{file}, line {number} is no row of {table.name}: {problem}.") from problem
            if len(batch) == _BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


def _row(found: Any, read: dict[str, Callable[[str], Any] | None]) -> dict[str, Any]:
    if set(found) != set(read):
        raise ValueError(f"its columns are {', '.join(sorted(found))}, not {', '.join(sorted(read))}")
    return {
        name: value if value is None or (form := read[name]) is None else form(value) for name, value in found.items()
    }


_FORMS: dict[str, Callable[[str], Any]] = {"datetime": datetime.fromisoformat, "date": date.fromisoformat}
