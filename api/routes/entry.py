"""GET /api/v1/entries: frozen forms of citable entries, and their citations."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from api.dependencies import LinksDep, ReplyDep, SessionDep
from api.negotiation import preferred
from api.schemas.base import PageOf
from api.schemas.citation import CITATIONS
from api.schemas.entry_version import EntryVersionRecord, EntryVersionRef
from catalog.citation.record import cite_entry
from catalog.citation.style import STYLES, StyleName
from catalog.notation import Accession
from catalog.queries.citable import standing
from catalog.queries.cited import get_cited_entry, get_entry
from catalog.queries.entry_version import EntryVersionQuery, find_entry_versions, get_entry_version

router = APIRouter(tags=["entries"])

IMMUTABLE = "public, max-age=31536000, immutable"

Format = Annotated[
    Literal["json", "canonical", "bibtex", "csl", "ris", "datacite"] | None,
    Query(description="Form of the answer; without it the header Accept decides, and JSON where it does not."),
]
_MEDIA_TYPES = {"application/json": "json", **{style.media_type: name for name, style in STYLES.items()}}


@router.get("/entries")
def list_entries(
    session: SessionDep, query: Annotated[EntryVersionQuery, Query()], reply: ReplyDep
) -> PageOf[EntryVersionRef]:
    """All frozen forms of citable entries."""
    return reply.page(find_entry_versions(session, query), EntryVersionRef.of)


@router.get(
    "/entries/{accession}",
    response_model=EntryVersionRecord,
    responses=CITATIONS,
)
def read_entry(
    session: SessionDep, accession: str, reply: ReplyDep, format: Format = None
) -> EntryVersionRecord | Response:
    """One version of an entry, as cited; the latest where none is named.

    A version resolves for ever. Without a version, a withdrawn entry answers 410.
    """
    wanted = Accession.parse(accession)
    chosen = format or preferred(reply.request.headers.get("accept"), _MEDIA_TYPES)
    headers = {"Cache-Control": IMMUTABLE if wanted.version else "no-cache", "Vary": "Accept"}
    if chosen in STYLES:
        return _citation(session, wanted, chosen, reply.links.public_url, headers)
    if wanted.version is None:
        standing(get_entry(session, wanted))
    frozen = get_entry_version(session, wanted)
    if chosen == "canonical":
        return Response(frozen.content, headers=headers, media_type="application/json")
    reply.response.headers.update(headers)
    return EntryVersionRecord.from_row(frozen, reply.links)


@router.get("/entries/{accession}/{style}", response_class=Response, responses=CITATIONS)
def cite_an_entry(session: SessionDep, accession: str, style: StyleName, links: LinksDep) -> Response:
    """How to cite a version of an entry; the latest where none is named."""
    return _citation(session, Accession.parse(accession), style, links.public_url, {})


def _citation(
    session: SessionDep, accession: Accession, style: str, public_url: str, headers: dict[str, str]
) -> Response:
    citation = cite_entry(get_cited_entry(session, accession), public_url)
    # The note of a withdrawn entry says so, so that no citation stays the same for ever.
    kept = headers | {"Cache-Control": "no-cache"}
    return Response(
        STYLES[style].write(citation), headers=kept, media_type=f"{STYLES[style].media_type}; charset=utf-8"
    )
