"""GET /api/v1/papers."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.dependencies import LinksDep, ReplyDep, SessionDep
from api.schemas.base import PageOf
from api.schemas.citation import CITATIONS
from api.schemas.paper import PaperDetailRecord, PaperRecord
from catalog.citation.record import cite_paper
from catalog.citation.style import STYLES, StyleName
from catalog.queries.paper import PaperQuery, find_papers, get_paper

router = APIRouter(tags=["papers"])


@router.get("/papers")
def list_papers(session: SessionDep, query: Annotated[PaperQuery, Query()], reply: ReplyDep) -> PageOf[PaperRecord]:
    """Sources: papers, posts and repositories."""
    return reply.page(find_papers(session, query), PaperRecord.of)


@router.get("/papers/{slug}")
def read_paper(session: SessionDep, slug: str, links: LinksDep, reply: ReplyDep) -> PaperDetailRecord:
    """One paper with all that rests on it; its arXiv identifier answers 308 to its slug."""
    detail = get_paper(session, slug)
    if detail.paper.slug != slug:
        reply.moved("papers", detail.paper.slug)
    return PaperDetailRecord.from_detail(detail, links)


@router.get("/papers/{slug}/{style}", response_class=Response, responses=CITATIONS)
def cite_a_paper(session: SessionDep, slug: str, style: StyleName) -> Response:
    """How to cite the paper itself."""
    text = STYLES[style].write(cite_paper(get_paper(session, slug).paper))
    return Response(text, media_type=f"{STYLES[style].media_type}; charset=utf-8")
