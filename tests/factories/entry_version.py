"""Frozen forms for tests."""

from typing import Any

from sqlalchemy.orm import Session

from catalog.canonical import canonical_json, sha256_of
from catalog.models import EntryVersion
from catalog.notation import Accession


def make_entry_version(session: Session, accession: str, *, version: int = 1, **content: Any) -> EntryVersion:
    """The frozen form of an entry, with its true hash."""
    frozen = canonical_json({"accession": accession, **content})
    entry = EntryVersion(
        kind=Accession.parse(accession).kind,
        accession=accession,
        version=version,
        content=frozen,
        content_sha256=sha256_of(frozen),
    )
    session.add(entry)
    session.flush()
    return entry
