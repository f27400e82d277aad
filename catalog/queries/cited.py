"""What a citation names: the frozen form, the entry behind it, and the papers that it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from catalog.errors import NotFoundError
from catalog.models import Circuit, Detector, EntryVersion, Finding, HeadType, HeadTypePaper, Paper, Verification
from catalog.notation import Accession
from catalog.queries.entry_version import get_entry_version
from catalog.vocabulary import EntryKind

CitableEntry = HeadType | Finding | Circuit | Verification


@dataclass(frozen=True, slots=True)
class CitedEntry:
    """A frozen form with its entry as it stands, withdrawn or not: old citations resolve."""

    frozen: EntryVersion
    entry: CitableEntry
    papers: Sequence[Paper]
    """Sources of the entry."""


def get_cited_entry(session: Session, accession: Accession) -> CitedEntry:
    """The frozen form and the entry of an accession; the latest form where it names no version.

    Raises:
        NotFoundError: There is no such entry or version.
    """
    frozen = get_entry_version(session, accession)
    entry = get_entry(session, accession)
    return CitedEntry(frozen, entry, _papers(entry))


def get_entry(session: Session, accession: Accession) -> CitableEntry:
    """The entry of an accession as it stands, withdrawn or not.

    Raises:
        NotFoundError: There is no such entry.
    """
    found = _load(session, accession)
    if found is None:
        raise NotFoundError("entry", accession.base)
    return found


def _load(session: Session, accession: Accession) -> CitableEntry | None:
    if accession.kind == EntryKind.HEAD_TYPE:
        papers = selectinload(HeadType.papers).joinedload(HeadTypePaper.paper)
        return session.scalar(select(HeadType).where(HeadType.accession == accession.base).options(papers))
    if accession.kind == EntryKind.CIRCUIT:
        related = (joinedload(Circuit.paper), joinedload(Circuit.language_model))
        return session.scalar(select(Circuit).where(Circuit.accession == accession.base).options(*related))
    claim = (joinedload(Finding.paper), joinedload(Finding.language_model), joinedload(Finding.head_type))
    if accession.kind == EntryKind.FINDING:
        return session.scalar(select(Finding).where(Finding.accession == accession.base).options(*claim))
    detector = joinedload(Verification.detector).selectinload(Detector.events)
    rerun = (joinedload(Verification.finding).options(*claim), detector)
    return session.scalar(select(Verification).where(Verification.accession == accession.base).options(*rerun))


def _papers(entry: CitableEntry) -> list[Paper]:
    if isinstance(entry, HeadType):
        same = [each.paper for each in entry.papers if each.sense == "same"]
        return sorted(same, key=lambda paper: (paper.year is None, paper.year, paper.slug))
    if isinstance(entry, Verification):
        return [entry.finding.paper]
    return [entry.paper]
