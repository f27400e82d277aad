"""A change of the catalog as one item of a feed, before it is written in either form."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from api.schemas.base import Links
from catalog.citation.record import entry_title
from catalog.models import DetectorEvent, EntryVersion
from catalog.notation import Accession
from catalog.queries.cited import CitedEntry, get_cited_entry
from catalog.vocabulary import DetectorChange, Status


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One version of one entry, or a decision about a detector."""

    id: str
    """Permanent address of the frozen form, or of the decision."""
    title: str
    summary: str
    page: str
    at: datetime


def feed_items(session: Session, changes: Sequence[EntryVersion], links: Links) -> list[FeedItem]:
    """What a feed says of these versions."""
    return [_item(session, each, links) for each in changes]


def latest_items(items: Iterable[FeedItem], limit: int) -> list[FeedItem]:
    """Items of several kinds in one order, latest first."""
    return sorted(items, key=lambda item: item.at, reverse=True)[:limit]


def detector_items(events: Sequence[DetectorEvent], links: Links) -> list[FeedItem]:
    """What a feed says of retracted and reinstated detectors."""
    return [_detector_item(each, links) for each in events]


def _detector_item(event: DetectorEvent, links: Links) -> FeedItem:
    detector = event.detector
    is_retracted = event.change == DetectorChange.RETRACTED
    effect = "no longer count" if is_retracted else "count again"
    address = f"/detectors/{detector.slug}?version={detector.version}"
    return FeedItem(
        id=f"{links.to('detectors', detector.slug)}?version={detector.version}#event-{event.id}",
        title=f"Detector {detector.slug} version {detector.version} {event.change}",
        summary=f"{event.reason.rstrip('.')}. Its re-runs, {event.n_verifications:,} at that moment, {effect}.",
        page=f"{links.public_url}{address}#event-{event.id}",
        at=event.created_at,
    )


def _item(session: Session, frozen: EntryVersion, links: Links) -> FeedItem:
    base = Accession.parse(frozen.accession)
    accession = Accession(base.kind, base.number, frozen.version)
    cited = get_cited_entry(session, accession)
    return FeedItem(
        id=links.to("entries", str(accession)),
        title=f"{entry_title(cited.entry)} ({accession})",
        summary=_summary(cited),
        page=f"{links.public_url}/entries/{accession}",
        at=frozen.created_at,
    )


def _summary(cited: CitedEntry) -> str:
    entry, version = cited.entry, cited.frozen.version
    what = "Added to the catalog." if version == 1 else f"Version {version} replaces version {version - 1}."
    if entry.status == Status.WITHDRAWN:
        what += f" Withdrawn: {(entry.withdrawn_reason or '').rstrip('.')}."
    papers = "; ".join(paper.title for paper in cited.papers[:3])
    return f"{what} Source: {papers}." if papers else what
