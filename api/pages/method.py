"""Methods as a tree, with the glossary of the field."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from api.dependencies import SessionDep
from api.pages.rendering import Head, render
from catalog.queries.method import (
    GlossaryQuery,
    MethodQuery,
    find_glossary_terms,
    find_methods,
    get_method,
    get_method_tree,
    papers_by_method,
)

router = APIRouter()

ALL = 500


@router.get("/methods")
def list_page(request: Request, session: SessionDep) -> HTMLResponse:
    """The tree of methods and the glossary."""
    counts = {row.method.id: row.n_findings for row in find_methods(session, MethodQuery(limit=ALL)).items}
    return render(
        request,
        "pages/methods.html",
        Head("Methods", "Ways to establish a claim about a head: the survey's tree, and a glossary.", "/methods"),
        tree=get_method_tree(session),
        n_findings=counts,
        papers=papers_by_method(session),
        terms=find_glossary_terms(session, GlossaryQuery(sort="name", limit=ALL)).items,
    )


@router.get("/methods/{slug}")
def entry_page(session: SessionDep, slug: str) -> RedirectResponse:
    """A method stands in the tree; its address leads to its place there."""
    return RedirectResponse(f"/methods#{get_method(session, slug).method.slug}", status_code=307)
