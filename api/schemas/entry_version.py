"""What the JSON of a frozen form holds."""

import json
from datetime import datetime
from typing import Any, Self

from pydantic import Field

from api.schemas.base import Links, Record
from catalog import models
from catalog.vocabulary import EntryKind


class EntryVersionRef(Record):
    """One version of a citable entry."""

    kind: EntryKind = Field(description="Kind of entry.")
    accession: str = Field(description="Permanent accession.")
    version: int = Field(description="Version.")
    content_sha256: str = Field(description="SHA-256 of the content as canonical JSON: sorted keys, no blanks, UTF-8.")
    created_at: datetime = Field(description="When the version was frozen, UTC.")
    url: str = Field(description="Address of the frozen form.")
    cite_url: str = Field(description="BibTeX of this version.")

    @classmethod
    def of(cls, entry: models.EntryVersion, links: Links) -> Self:
        """A frozen form in a list."""
        return cls.read(entry, **_addresses(entry, links))


class EntryVersionRecord(EntryVersionRef):
    """One version of a citable entry with its content. Never edited."""

    notice: str | None = Field(
        description="What became known since it was frozen, as that its detector is faulty; null where nothing."
    )
    content: dict[str, Any] = Field(description="The content; `?format=canonical` gives the very bytes of the hash.")

    @classmethod
    def from_row(cls, entry: models.EntryVersion, notice: str | None, links: Links) -> Self:
        """A frozen form with its content."""
        return cls.read(entry, **_addresses(entry, links), notice=notice, content=json.loads(entry.content))


def _addresses(entry: models.EntryVersion, links: Links) -> dict[str, str]:
    url = links.to("entries", f"{entry.accession}.v{entry.version}")
    return {"url": url, "cite_url": f"{url}/bibtex"}
