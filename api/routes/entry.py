"""GET /api/v1/entries: frozen forms of citable entries, their citations, and the signposts between them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from api.dependencies import LinksDep, ReplyDep, SessionDep
from api.negotiation import SeeOther, preferred
from api.schemas.base import PageOf
from api.schemas.citation import CITATIONS, FORMS, LINKSET_ANSWER
from api.schemas.entry_version import EntryVersionRecord, EntryVersionRef
from api.signposting import LINKSET, Signposts
from catalog.citation.record import cite_entry, notice_of
from catalog.citation.style import STYLES, StyleName
from catalog.citation.table import entry_csv
from catalog.models import EntryVersion
from catalog.notation import Accession
from catalog.queries.citable import standing
from catalog.queries.cited import get_cited_entry, get_entry
from catalog.queries.entry_version import EntryVersionQuery, find_entry_versions, get_entry_version
from catalog.vocabulary import EntryKind

router = APIRouter(tags=["entries"])

IMMUTABLE = "public, max-age=31536000, immutable"

Format = Annotated[
    Literal["json", "canonical", "csv", "html", "bibtex", "csl", "ris", "datacite", "jsonld"] | None,
    Query(description="Form of the answer; without it the header Accept decides, and JSON where it does not."),
]
# JSON first: who accepts anything gets it. A browser asks for HTML by name and is led to the page.
_MEDIA_TYPES = {
    "application/json": "json",
    **{style.media_type: name for name, style in STYLES.items()},
    "text/csv": "csv",
    "text/html": "html",
}


@router.get("/entries")
def list_entries(
    session: SessionDep, query: Annotated[EntryVersionQuery, Query()], reply: ReplyDep
) -> PageOf[EntryVersionRef]:
    """All frozen forms of citable entries."""
    return reply.page(find_entry_versions(session, query), EntryVersionRef.of)


@router.get("/entries/{accession}", response_model=EntryVersionRecord, responses=FORMS)
def read_entry(session: SessionDep, accession: str, reply: ReplyDep, format: Format = None) -> Response:
    """One version of an entry, as cited; the latest where none is named.

    A version resolves for ever. Without a version, a withdrawn entry answers 410. Who asks for HTML is led to the page.
    """
    wanted = Accession.parse(accession)
    chosen = format or preferred(reply.request.headers.get("accept"), _MEDIA_TYPES)
    if wanted.version is None and chosen not in STYLES:
        standing(get_entry(session, wanted))
    frozen = get_entry_version(session, wanted)
    if chosen == "html":
        raise SeeOther(f"/entries/{wanted}")
    posts = _posts(frozen, reply.links.public_url)
    headers = {
        "Cache-Control": IMMUTABLE if wanted.version else "no-cache",
        "Vary": "Accept",
        "Content-Location": posts.permanent,
    }
    if chosen in STYLES:
        return _citation(session, wanted, chosen, posts, headers)
    headers["Link"] = posts.of_content()
    if chosen == "canonical":
        return Response(frozen.content, headers=headers, media_type="application/json")
    if chosen == "csv":
        citation = cite_entry(get_cited_entry(session, wanted), posts.public_url)
        # The title follows the names of the records it speaks of, so that these bytes are not frozen.
        return Response(
            entry_csv(frozen, citation), headers=headers | {"Cache-Control": "no-cache"}, media_type="text/csv"
        )
    # What a re-run's detector was found to be later is said beside the frozen bytes, so that this answer may change.
    is_verification = wanted.kind is EntryKind.VERIFICATION
    notice = notice_of(get_entry(session, wanted)) if is_verification else None
    reply.response.headers.update(headers | ({"Cache-Control": "no-cache"} if is_verification else {}))
    return reply.record(EntryVersionRecord.from_row(frozen, notice, reply.links))


@router.get("/entries/{accession}/linkset", response_class=Response, responses=LINKSET_ANSWER)
def read_linkset(session: SessionDep, accession: str, links: LinksDep) -> Response:
    """Signposts of an entry (RFC 9264): its permanent address, citations, content, types, licence and authors."""
    frozen = get_entry_version(session, Accession.parse(accession))
    return JSONResponse(_posts(frozen, links.public_url).linkset(), media_type=LINKSET)


@router.get("/entries/{accession}/{style}", response_class=Response, responses=CITATIONS)
def cite_an_entry(session: SessionDep, accession: str, style: StyleName, links: LinksDep) -> Response:
    """How to cite a version of an entry; the latest where none is named."""
    wanted = Accession.parse(accession)
    return _citation(session, wanted, style, _posts(get_entry_version(session, wanted), links.public_url), {})


def _posts(frozen: EntryVersion, public_url: str) -> Signposts:
    base = Accession.parse(frozen.accession)
    return Signposts(public_url, Accession(base.kind, base.number, frozen.version))


def _citation(
    session: SessionDep, accession: Accession, style: str, posts: Signposts, headers: dict[str, str]
) -> Response:
    citation = cite_entry(get_cited_entry(session, accession), posts.public_url)
    # The note of a withdrawn entry says so, so that no citation stays the same for ever.
    kept = headers | {"Cache-Control": "no-cache", "Link": posts.of_metadata()}
    return Response(
        STYLES[style].write(citation), headers=kept, media_type=f"{STYLES[style].media_type}; charset=utf-8"
    )
