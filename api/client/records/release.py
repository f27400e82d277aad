"""Records of the API (release), written by `python -m api.generate_client` from its document."""

from dataclasses import dataclass
from datetime import datetime

from api.client.records.base import Count


@dataclass(frozen=True, slots=True)
class ReleaseRef:
    """A release in a list."""

    accession: str
    """Permanent accession."""
    name: str
    """Permanent name."""
    created_at: datetime
    """When it was made, UTC."""
    previous: str | None
    """Name of the release before; null for the first one."""
    entries: list[Count]
    """Citable entries that stand, by kind of accession."""
    changes: list[Count]
    """Entries added, changed, withdrawn and removed since `previous`."""
    manifest_sha256: str
    """SHA-256 of the manifest, which holds those of all files."""
    url: str
    """Address of the whole record."""
    cite_url: str
    """BibTeX of the release."""


@dataclass(frozen=True, slots=True)
class ReleaseFile:
    """One file of data of a release."""

    name: str
    """Path within the release."""
    n_bytes: int
    """Size in bytes."""
    sha256: str
    """SHA-256 in hexadecimal."""
    url: str | None
    """Where this server offers it; null where it has no copy of the release."""


@dataclass(frozen=True, slots=True)
class Release:
    """One release with its files; what it holds never changes."""

    accession: str
    """Permanent accession."""
    name: str
    """Permanent name."""
    created_at: datetime
    """When it was made, UTC."""
    previous: str | None
    """Name of the release before; null for the first one."""
    entries: list[Count]
    """Citable entries that stand, by kind of accession."""
    changes: list[Count]
    """Entries added, changed, withdrawn and removed since `previous`."""
    manifest_sha256: str
    """SHA-256 of the manifest, which holds those of all files."""
    url: str
    """Address of the whole record."""
    cite_url: str
    """BibTeX of the release."""
    headcat_version: str
    """Version of the program that made it."""
    schema_version: str
    """Schema version of the catalog; loading needs the same."""
    tables: list[Count]
    """Rows of each table."""
    files: list[ReleaseFile]
    """Files of data: JSON Lines, Parquet and SQLite."""
    manifest_url: str
    """The manifest: files, rows, and every entry that changed."""
