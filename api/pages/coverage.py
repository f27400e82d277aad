"""Coverage: what was claimed and re-run where, and what nobody re-ran."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.dependencies import SessionDep
from api.pages.filters import read_query
from api.pages.rendering import Head, render
from catalog.queries.coverage_matrix import CoverageQuery, find_coverage
from catalog.queries.language_model import list_families

router = APIRouter()


@router.get("/coverage")
def list_page(request: Request, session: SessionDep) -> HTMLResponse:
    """A row for each head type and language model on which something is claimed."""
    query, given = read_query(request, CoverageQuery)
    return render(
        request,
        "pages/coverage.html",
        Head("Coverage", "Which head types were claimed and re-run in which language models, and which were not.",
             "/coverage"),
        page=find_coverage(session, query),
        query=given,
        families=[(family, family) for family in list_families(session)],
    )  # fmt: skip
