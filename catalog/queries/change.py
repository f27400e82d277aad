"""What changed in the catalog, latest first: every version of an entry is a change, and none is ever edited."""

from pydantic import Field
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, joinedload

from catalog.errors import InvalidQueryError
from catalog.models import DetectorEvent, EntryVersion, Finding, Verification
from catalog.queries.finding_filters import FindingFilters, conditions_of
from catalog.queries.page import PageRequest
from catalog.vocabulary import EntryKind

_UNUSED = {
    "cursor": "A feed holds the latest changes and has no further pages; leave out cursor.",
    "total": "A feed holds the latest changes and counts none; leave out total.",
    "fields": "A feed has one form; leave out fields.",
}


class EntryFeedQuery(PageRequest):
    """Changes of which entries."""

    kind: EntryKind | None = Field(default=None, description="Kind of entry.")
    accession: str | None = Field(default=None, max_length=16, description="Versions of one entry.")


class FindingFeedQuery(FindingFilters):
    """Changes of which findings, and verdicts on them."""


def find_entry_changes(session: Session, query: EntryFeedQuery) -> list[EntryVersion]:
    """Latest versions of citable entries.

    Raises:
        InvalidQueryError: A parameter has no meaning in a feed.
    """
    statement = select(EntryVersion)
    for column, value in ((EntryVersion.kind, query.kind), (EntryVersion.accession, query.accession)):
        if value is not None:
            statement = statement.where(column == value)
    return _latest(session, statement, query)


def find_finding_changes(session: Session, query: FindingFeedQuery) -> list[EntryVersion]:
    """Latest versions of the findings that match a query, and of the re-runs of them.

    Raises:
        InvalidQueryError: A filter names something that does not exist, or a parameter has no meaning in a feed.
    """
    matching = select(Finding.id).where(*conditions_of(session, query))
    own = select(Finding.accession).where(Finding.id.in_(matching))
    reruns = select(Verification.accession).where(Verification.finding_id.in_(matching))
    statement = select(EntryVersion).where(
        or_(EntryVersion.accession.in_(own), EntryVersion.accession.in_(reruns)),
        EntryVersion.kind.in_((EntryKind.FINDING, EntryKind.VERIFICATION)),
    )
    return _latest(session, statement, query)


def find_detector_changes(session: Session, query: EntryFeedQuery | FindingFeedQuery) -> list[DetectorEvent]:
    """Latest retractions and reinstatements of detectors that bear on what a feed is about.

    Raises:
        InvalidQueryError: A filter names something that does not exist.
    """
    statement = select(DetectorEvent).options(joinedload(DetectorEvent.detector))
    reruns = select(Verification.detector_id)
    if isinstance(query, FindingFeedQuery):
        matching = select(Finding.id).where(*conditions_of(session, query))
        statement = statement.where(DetectorEvent.detector_id.in_(reruns.where(Verification.finding_id.in_(matching))))
    else:
        if query.kind not in (None, EntryKind.VERIFICATION):
            return []
        if query.accession is not None:
            of_finding = select(Finding.id).where(Finding.accession == query.accession)
            touched = or_(Verification.accession == query.accession, Verification.finding_id.in_(of_finding))
            statement = statement.where(DetectorEvent.detector_id.in_(reruns.where(touched)))
    return list(session.scalars(statement.order_by(DetectorEvent.id.desc()).limit(query.limit)))


def _latest(session: Session, statement: Select[EntryVersion], query: PageRequest) -> list[EntryVersion]:
    for name, sentence in _UNUSED.items():
        if getattr(query, name, None):
            raise InvalidQueryError(name, sentence)
    return list(session.scalars(statement.order_by(EntryVersion.id.desc()).limit(query.limit)))
