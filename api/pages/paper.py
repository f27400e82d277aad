"""Papers: the filtered list, and the page of one with all that rests on it."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.dependencies import SessionDep
from api.pages.filters import read_query
from api.pages.rendering import Head, render, with_query
from catalog.models import Paper
from catalog.queries.finding import FindingQuery, find_findings
from catalog.queries.paper import PaperQuery, find_papers, get_paper

router = APIRouter()

LIST_LIMIT = 200
FINDINGS_LIMIT = 25


@router.get("/papers")
def list_page(request: Request, session: SessionDep) -> HTMLResponse:
    """All papers, latest first unless asked otherwise."""
    query, given = read_query(request, PaperQuery, limit=LIST_LIMIT)
    if "sort" not in given:
        query = query.model_copy(update={"sort": "-year"})
    return render(
        request,
        "pages/papers.html",
        Head("Papers", "Sources that name, find or test attention heads.", "/papers"),
        page=find_papers(session, query),
        query=given,
    )


@router.get("/papers/{name}")
def entry_page(request: Request, session: SessionDep, name: str) -> Response:
    """One paper; its arXiv number leads there too."""
    detail = get_paper(session, name)
    paper = detail.paper
    if name != paper.slug:
        return RedirectResponse(f"/papers/{paper.slug}", status_code=307)
    query, given = read_query(request, FindingQuery, paper=paper.slug, limit=FINDINGS_LIMIT)
    return render(
        request,
        "pages/paper.html",
        Head(
            paper.title,
            f"What the catalog of attention heads took from “{paper.title}”: {detail.n_findings} claims.",
            f"/papers/{paper.slug}",
            citation=_tags(paper),
            bibtex=f"/api/v1/papers/{paper.slug}/bibtex",
            data=f"/api/v1/papers/{paper.slug}",
            feed=with_query("/api/v1/feeds/findings.atom", {"paper": paper.slug}),
            trail=[("Papers", "/papers")],
        ),
        detail=detail,
        findings=find_findings(session, query),
        query=given,
    )


def _tags(paper: Paper) -> list[tuple[str, str]]:
    """Highwire tags of the paper itself."""
    found = [("citation_title", paper.title), *(("citation_author", author) for author in paper.authors)]
    date = paper.published_on.strftime("%Y/%m/%d") if paper.published_on else str(paper.year or "")
    optional = [
        ("citation_publication_date", date),
        ("citation_doi", paper.doi or ""),
        ("citation_arxiv_id", paper.arxiv_id or ""),
        ("citation_journal_title" if paper.entry_type == "article" else "citation_conference_title", paper.venue or ""),
    ]
    return [*found, *((name, value) for name, value in optional if value)]
