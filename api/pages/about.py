"""What the catalog is, how to cite and contribute, and what its verdicts and problems mean."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.dependencies import SessionDep
from api.pages.rendering import Head, public_url, render
from api.pages.wording import VERDICT_MEANINGS
from catalog.queries.counts import get_counts

router = APIRouter()


@router.get("/about")
def about_page(request: Request, session: SessionDep) -> HTMLResponse:
    """About the catalog."""
    return render(
        request,
        "pages/about.html",
        Head("About", "What headcat is, how to cite it, its licences, and what a verdict means.", "/about"),
        counts=get_counts(session),
        meanings=list(VERDICT_MEANINGS.items()),
        public=public_url(request),
    )
