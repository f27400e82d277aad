"""A change of the catalog as one item of a feed, before it is written in either form."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from api.schemas.base import Links
from catalog.citation.record import entry_title
from catalog.models import EntryVersion
from catalog.notation import Accession
from catalog.queries.cited import CitedEntry, get_cited_entry
from catalog.vocabulary import Status


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One version of one entry."""

    id: str
    """Permanent address of the frozen form."""
    title: str
    summary: str
    page: str
    at: datetime


def feed_items(session: Session, changes: Sequence[EntryVersion], links: Links) -> list[FeedItem]:
    """What a feed says of these versions."""
    return [_item(session, each, links) for each in changes]


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
