"""Frozen forms of citable entries. They resolve for ever, also when the entry itself was withdrawn."""

from datetime import date
from typing import Any

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from catalog.errors import NotFoundError
from catalog.models import EntryVersion
from catalog.notation import Accession
from catalog.queries.moment import end_of
from catalog.queries.page import Page, PageRequest, paginate, sort_field
from catalog.vocabulary import EntryKind

SORTS: dict[str, Any] = {"accession": EntryVersion.accession, "created_at": EntryVersion.created_at}


class EntryVersionQuery(PageRequest):
    """Which frozen forms to list."""

    kind: EntryKind | None = Field(default=None, description="Kind of entry.")
    accession: str | None = Field(default=None, max_length=16, description="All versions of one entry.")
    as_of: date | None = Field(
        default=None,
        description="Only the version of each entry that stood at the end of this day, UTC, by when this catalog froze "
        "it; what was withdrawn since is still listed, as a version that was cited stays readable.",
    )
    sort: str = sort_field(SORTS, "accession")


def find_entry_versions(session: Session, query: EntryVersionQuery | None = None) -> Page[EntryVersion]:
    """Frozen forms that match a query.

    Raises:
        InvalidQueryError: Sort or cursor cannot be used.
    """
    query = query or EntryVersionQuery()
    statement = select(EntryVersion)
    for column, value in ((EntryVersion.kind, query.kind), (EntryVersion.accession, query.accession)):
        if value is not None:
            statement = statement.where(column == value)
    if query.as_of is not None:
        until, later = end_of(query.as_of), aliased(EntryVersion)
        newer = select(later.id).where(
            later.accession == EntryVersion.accession,
            later.version > EntryVersion.version,
            later.created_at <= until,
        )
        statement = statement.where(EntryVersion.created_at <= until, ~newer.exists())
    return paginate(session, statement, query, sorts=SORTS, key=[EntryVersion.id], read=lambda row: row[0])


def get_entry_version(session: Session, accession: Accession) -> EntryVersion:
    """The frozen form of an accession; the latest where it names no version.

    Raises:
        NotFoundError: There is no such entry or version; carries the versions there are.
    """
    versions = session.scalars(
        select(EntryVersion).where(EntryVersion.accession == accession.base).order_by(EntryVersion.version)
    ).all()
    wanted = [each for each in versions if accession.version in (None, each.version)]
    if not wanted:
        known = [str(Accession(accession.kind, accession.number, each.version)) for each in versions]
        raise NotFoundError("entry", str(accession), known)
    return wanted[-1]


def find_frozen_content(session: Session, accession: str, content_sha256: str) -> str | None:
    """Canonical JSON of the form of an entry that has this hash; None where the catalog does not hold it."""
    return session.scalars(
        select(EntryVersion.content).where(
            EntryVersion.accession == accession, EntryVersion.content_sha256 == content_sha256
        )
    ).first()


def has_entry_version(session: Session, accession: Accession) -> bool:
    """Whether a version of an entry was frozen."""
    frozen = select(EntryVersion.id).where(
        EntryVersion.accession == accession.base, EntryVersion.version == accession.version
    )
    return session.scalar(frozen) is not None
