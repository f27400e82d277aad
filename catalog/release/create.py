"""Makes a release: all published tables in three formats, described for machines and people, frozen under a name.

Making it again from the same catalog gives the same bytes. What is released is what a snapshot of the catalog sees;
writers go on meanwhile.
"""

import shutil
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select
from sqlalchemy.exc import IntegrityError

from catalog.canonical import sha256_of
from catalog.db import transaction
from catalog.errors import ReleaseError
from catalog.export.folder import CHECKSUMS, sha256_of_file, whole_folder, write_checksums
from catalog.export.parquet_files import require_pyarrow
from catalog.export.reading import TableSource, snapshot
from catalog.export.tables import exported_tables
from catalog.export.whole import Format, write_tables
from catalog.models import Release
from catalog.notation import release_accession
from catalog.release.changes import changes_between, current_state, state_after
from catalog.release.croissant import croissant
from catalog.release.manifest import MANIFEST, Manifest, ReleasedFile, read_manifest, require_name
from catalog.release.readme import changes_text, readme
from catalog.release.ro_crate import ro_crate
from catalog.release.verify import verify_files
from catalog.schema_version import head_revision, require_current

_FORMATS: dict[Format, str] = {"jsonl": "jsonl", "parquet": "parquet", "sqlite": "."}
"""Formats of a release, and the folder in it that holds their files."""


@dataclass(frozen=True, slots=True)
class Made:
    """What came of making a release."""

    manifest: Manifest
    is_known: bool
    """Whether the catalog had a release of this name, of which this is one more copy."""


def create_release(engine: Engine, name: str, folder: Path, public_url: str, now: datetime) -> Made:
    """Write a release into a new folder and record it; one that is recorded is written again, byte for byte.

    Raises:
        SchemaVersionError: The catalog is at another schema version.
        ReleaseError: The name cannot be used, or the catalog has changed since a release of this name.
        ExportError: The folder is taken or cannot be written.
    """
    require_current(engine)
    require_pyarrow()
    require_name(name)
    with snapshot(engine) as connection:
        known = connection.execute(select(Release).where(Release.name == name)).one_or_none()
        if known is not None and _holds(folder, known):
            return Made(read_manifest(folder), is_known=True)
        with whole_folder(folder) as part:
            manifest = _write(connection, part, _opening(connection, name, public_url, now, known))
            if known is not None and sha256_of(manifest.canonical()) != known.manifest_sha256:
                raise _changed(manifest, Manifest.model_validate(known.manifest))
    if known is None:
        try:
            _record(engine, manifest, now)
        except BaseException:
            shutil.rmtree(folder)
            raise
    return Made(manifest, is_known=known is not None)


def _holds(folder: Path, known: Row[Any]) -> bool:
    """Whether a folder holds this very release already, whole."""
    if not (folder / MANIFEST).is_file() or sha256_of_file(folder / MANIFEST) != known.manifest_sha256:
        return False
    verify_files(folder, read_manifest(folder))
    return True


def _opening(
    connection: Connection, name: str, public_url: str, now: datetime, known: Row[Any] | None
) -> dict[str, Any]:
    """What is known of a release before its files are written; of a recorded one, what was recorded."""
    if known is not None:
        kept = Manifest.model_validate(known.manifest)
        return {"id": known.id, "name": name, "created_at": kept.created_at, "url": kept.url}
    last = connection.execute(select(Release.id).order_by(Release.id.desc()).limit(1)).scalar()
    created_at = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    address = f"{public_url.rstrip('/')}/releases/{name}"
    return {"id": (last or 0) + 1, "name": name, "created_at": created_at, "url": address}


def _write(connection: Connection, part: Path, opening: dict[str, Any]) -> Manifest:
    number = opening.pop("id")
    # A release cannot hold its own row; without later ones, a copy made later has the same bytes.
    earlier = Release.id < number
    sources = [
        TableSource(connection, table, earlier if table.name == "releases" else None) for table in exported_tables()
    ]
    counts: dict[str, int] = {}
    for format, place in _FORMATS.items():
        (part / place).mkdir(exist_ok=True)
        counts = write_tables(sources, part / place, format)
    before = connection.execute(select(Release.name, Release.manifest).where(earlier).order_by(Release.id)).all()
    state = current_state(connection)
    kinds = [accession[:3] for accession, (_, is_withdrawn) in state.items() if not is_withdrawn]
    manifest = Manifest(
        **opening,
        accession=release_accession(number),
        previous=before[-1].name if before else None,
        headcat_version=version("headcat"),
        schema_version=head_revision(),
        entries={kind: kinds.count(kind) for kind in sorted(set(kinds))},
        tables=counts,
        files=_files(part),
        changes=changes_between(state_after(row.manifest["changes"] for row in before), state).as_json(),
    )
    _describe(manifest, sources, part)
    return manifest


def _files(part: Path) -> list[ReleasedFile]:
    return [
        ReleasedFile(name=str(file.relative_to(part)), n_bytes=file.stat().st_size, sha256=sha256_of_file(file))
        for file in sorted(part.rglob("*"))
        if file.is_file()
    ]


def _describe(manifest: Manifest, sources: list[TableSource], part: Path) -> None:
    texts = {
        MANIFEST: manifest.canonical(),
        "README.md": readme(manifest),
        "CHANGES.md": changes_text(manifest),
        "croissant.json": croissant(manifest, sources),
        "ro-crate-metadata.json": ro_crate(manifest),
    }
    for name, text in texts.items():
        (part / name).write_text(text, "utf-8")
    write_checksums(part)


def _record(engine: Engine, manifest: Manifest, now: datetime) -> None:
    row = {
        "id": manifest.number,
        "name": manifest.name,
        "created_at": now.replace(microsecond=0),
        "manifest": manifest.model_dump(mode="json"),
        "manifest_sha256": sha256_of(manifest.canonical()),
    }
    try:
        with transaction(engine) as session:
            session.execute(insert(Release).values(row))
    except IntegrityError as problem:
        raise ReleaseError("Another release was made at the same time; run the command again.") from problem


def _changed(manifest: Manifest, known: Manifest) -> ReleaseError:
    def data(of: Manifest) -> dict[str, str]:
        return {file.name: file.sha256 for file in of.files if file.name.startswith("jsonl/")}

    if data(manifest) == data(known):
        return ReleaseError(
            f"The release {known.name!r} was written by other versions of headcat, pyarrow or SQLite, so that its "
            f"bytes cannot be made again here; the records are the same. {CHECKSUMS} of a first copy stays valid."
        )
    return ReleaseError(
        f"The catalog has changed since the release {known.name!r} was made, and a release never changes: choose "
        "another name."
    )
