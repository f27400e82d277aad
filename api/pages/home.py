"""The front page: what the catalog is, the stage map, and the latest verdicts."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from api.dependencies import SessionDep
from api.pages.drawings.stage_map import StageMap, stage_map
from api.pages.rendering import Head, render
from catalog.citation.record import claim_sentence
from catalog.queries.counts import CatalogCounts, get_counts
from catalog.queries.coverage import count_disputed_by_stage
from catalog.queries.stage import find_stages, find_transitions
from catalog.queries.verification import VerificationQuery, find_verifications

router = APIRouter()

LATEST = 8


@router.get("/")
def home_page(request: Request, session: SessionDep) -> HTMLResponse:
    """What the catalog is and holds."""
    counts = get_counts(session)
    return render(
        request,
        "pages/home.html",
        Head(
            "headcat",
            "The catalog of attention heads in language models: every published claim, with its re-runs and verdicts.",
            "/",
            data="/api/v1",
            feed="/api/v1/feeds/entries.atom",
        ),
        counts=counts,
        map=make_stage_map(session, counts),
        latest=find_verifications(session, VerificationQuery(limit=LATEST)).items,
        sentence=claim_sentence,
    )


def make_stage_map(session: Session, counts: CatalogCounts | None = None) -> StageMap:
    """The graph of stages with the number of head types in each."""
    return stage_map(
        find_stages(session).items,
        find_transitions(session),
        (counts or get_counts(session)).head_types_by_stage,
        count_disputed_by_stage(session),
    )
