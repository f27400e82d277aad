"""Other people's taxonomies beside ours."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from api.dependencies import SessionDep
from api.pages.rendering import Head, render
from catalog.queries.crosswalk import CrosswalkEntryQuery, find_crosswalks, get_crosswalk

router = APIRouter()

ALL = 500


@router.get("/crosswalks")
def list_page(request: Request, session: SessionDep) -> HTMLResponse:
    """Every name of every other taxonomy with the head types that it fits."""
    query = CrosswalkEntryQuery(limit=ALL, sort="name")
    return render(
        request,
        "pages/crosswalks.html",
        Head("Crosswalks", "Names of other taxonomies of attention heads, matched to head types.", "/crosswalks"),
        crosswalks=[get_crosswalk(session, each.slug, query) for each in find_crosswalks(session).items],
    )


@router.get("/crosswalks/{slug}")
def entry_page(session: SessionDep, slug: str) -> RedirectResponse:
    """The place of one taxonomy."""
    return RedirectResponse(f"/crosswalks#{get_crosswalk(session, slug).taxonomy.slug}", status_code=307)
