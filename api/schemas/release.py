"""What the JSON of a release holds."""

from datetime import datetime
from pathlib import Path
from typing import Any, Self

from pydantic import Field

from api.release_files import release_folder
from api.schemas.base import Count, Links, Record, counts
from catalog import models
from catalog.release.manifest import Manifest, counted


class ReleaseFileRecord(Record):
    """One file of data of a release."""

    name: str = Field(description="Path within the release.")
    n_bytes: int = Field(description="Size in bytes.", ge=0)
    sha256: str = Field(description="SHA-256 in hexadecimal.")
    url: str | None = Field(description="Where this server offers it; null where it has no copy of the release.")


class ReleaseRef(Record):
    """A release in a list."""

    accession: str = Field(description="Permanent accession.")
    name: str = Field(description="Permanent name.")
    created_at: datetime = Field(description="When it was made, UTC.")
    previous: str | None = Field(description="Name of the release before; null for the first one.")
    entries: list[Count] = Field(description="Citable entries that stand, by kind of accession.")
    changes: list[Count] = Field(description="Entries added, changed, withdrawn and removed since `previous`.")
    manifest_sha256: str = Field(description="SHA-256 of the manifest, which holds those of all files.")
    url: str = Field(description="Address of the whole record.")
    cite_url: str = Field(description="BibTeX of the release.")

    @classmethod
    def of(cls, release: models.Release, links: Links) -> Self:
        """A release in a list."""
        return cls.read(release, **_fields(release, links))


class ReleaseRecord(ReleaseRef):
    """One release with its files; what it holds never changes."""

    headcat_version: str = Field(description="Version of the program that made it.")
    schema_version: str = Field(description="Schema version of the catalog; loading needs the same.")
    tables: list[Count] = Field(description="Rows of each table.")
    files: list[ReleaseFileRecord] = Field(description="Files of data: JSON Lines, Parquet and SQLite.")
    manifest_url: str = Field(description="The manifest: files, rows, and every entry that changed.")

    @classmethod
    def from_row(cls, release: models.Release, links: Links, releases: Path) -> Self:
        """A release with the addresses of its files."""
        manifest = Manifest.model_validate(release.manifest)
        is_here = release_folder(releases, release) is not None
        url = links.to("releases", release.name)
        files = [
            ReleaseFileRecord.read(file, url=f"{url}/files/{file.name}" if is_here else None) for file in manifest.files
        ]
        return cls.read(
            manifest,
            **_fields(release, links) | {"tables": counts(manifest.tables), "files": files},
            created_at=release.created_at,
            manifest_sha256=release.manifest_sha256,
            manifest_url=f"{url}/manifest",
        )


def _fields(release: models.Release, links: Links) -> dict[str, Any]:
    manifest = Manifest.model_validate(release.manifest)
    url = links.to("releases", release.name)
    return {
        "accession": manifest.accession,
        "previous": manifest.previous,
        "entries": counts(manifest.entries),
        "changes": counts(counted(manifest.changes)),
        "url": url,
        "cite_url": f"{url}/cite/bibtex",
    }
