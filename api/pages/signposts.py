"""What the page of an entry tells machines: Highwire tags for reference managers, and FAIR signposts."""

from fastapi import Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from api.pages.rendering import public_url
from api.signposting import Signposts
from catalog.citation.record import Citation, cite_entry
from catalog.models.base import Citable
from catalog.notation import Accession
from catalog.queries.cited import get_cited_entry
from catalog.queries.entry_version import has_entry_version


def highwire_tags(citation: Citation, posts: Signposts) -> list[tuple[str, str]]:
    """Tags that Zotero and others read: a report of the catalog, with its number, date and permanent address."""
    tags = [
        ("citation_title", citation.title),
        *(("citation_author", author) for author in citation.authors),
        ("citation_publication_date", citation.day.strftime("%Y/%m/%d") if citation.day else None),
        ("citation_publisher", citation.publisher),
        ("citation_technical_report_institution", "headcat"),
        ("citation_technical_report_number", str(posts.accession)),
        ("citation_public_url", posts.permanent),
        ("citation_abstract_html_url", posts.page),
        ("citation_language", "en"),
    ]
    return [(name, value) for name, value in tags if value]


def tags_of(request: Request, session: Session, entry: Citable) -> list[tuple[str, str]]:
    """Tags of the present version of an entry; none where it was never frozen and cannot be cited."""
    accession = _present(entry)
    if not has_entry_version(session, accession):
        return []
    posts = Signposts(public_url(request), accession)
    return highwire_tags(cite_entry(get_cited_entry(session, accession), posts.public_url), posts)


def signposted(request: Request, page: HTMLResponse, entry: Citable) -> HTMLResponse:
    """The page of an entry with the signposts of its present version."""
    page.headers["Link"] = Signposts(public_url(request), _present(entry)).of_page()
    return page


def _present(entry: Citable) -> Accession:
    base = Accession.parse(entry.accession)
    return Accession(base.kind, base.number, entry.version)
