"""Detectors: what exists, and the page of one with its error rates."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.dependencies import SessionDep
from api.pages.filters import read_query
from api.pages.rendering import Head, render
from catalog.citation.record import claim_sentence
from catalog.queries.detector import DetectorQuery, find_detectors, get_detector
from catalog.queries.verification import VerificationQuery, find_verifications

router = APIRouter()

LIST_LIMIT = 200
RERUNS = 20


@router.get("/detectors")
def list_page(request: Request, session: SessionDep) -> HTMLResponse:
    """All detectors in their latest version."""
    query, given = read_query(request, DetectorQuery, limit=LIST_LIMIT)
    return render(
        request,
        "pages/detectors.html",
        Head("Detectors", "Programs that test for head types, with tier and measured error rates.", "/detectors"),
        page=find_detectors(session, query),
        query=given,
    )


@router.get("/detectors/{slug}")
def entry_page(request: Request, session: SessionDep, slug: str) -> HTMLResponse:
    """The latest version of one detector."""
    detail = get_detector(session, slug)
    return render(
        request,
        "pages/detector.html",
        Head(
            f"Detector {detail.detector.slug.replace('_', ' ')}",
            detail.detector.summary,
            f"/detectors/{detail.detector.slug}",
            data=f"/api/v1/detectors/{detail.detector.slug}",
            trail=[("Detectors", "/detectors")],
        ),
        detail=detail,
        latest=find_verifications(session, VerificationQuery(detector=slug, limit=RERUNS)).items,
        sentence=claim_sentence,
    )
