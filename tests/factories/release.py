"""Releases for tests: the row alone, without files."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from catalog.canonical import sha256_of
from catalog.models import Release
from catalog.notation import release_accession
from catalog.release.manifest import Manifest


def make_release(session: Session, name: str = "2026-11", number: int = 1, **changes: Any) -> Release:
    """A release of one finding."""
    values: dict[str, Any] = {
        "accession": release_accession(number),
        "name": name,
        "created_at": "2026-11-25T12:00:00Z",
        "url": f"https://heads.example/releases/{name}",
        "previous": None,
        "headcat_version": "0.1.0",
        "schema_version": "0002",
        "entries": {"AHF": 1},
        "tables": {"findings": 1},
        "files": [{"name": "jsonl/findings.jsonl", "n_bytes": 3, "sha256": sha256_of("{}\n")}],
        "changes": {"added": ["AHF-000001.v1"], "changed": [], "withdrawn": [], "removed": []},
    }
    manifest = Manifest.model_validate(values | changes)
    release = Release(
        id=number,
        name=name,
        created_at=datetime(2026, 11, 25, 12, tzinfo=UTC),
        manifest=manifest.model_dump(mode="json"),
        manifest_sha256=sha256_of(manifest.canonical()),
    )
    session.add(release)
    session.flush()
    return release
