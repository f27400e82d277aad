"""Detectors: what exists, and the page of one with its error rates."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from api.dependencies import SessionDep
from api.pages.filters import read_query
from api.pages.rendering import Head, render
from catalog.citation.record import claim_sentence
from catalog.queries.detector import DetectorQuery, find_detectors, get_detector
from catalog.queries.verification import VerificationQuery, find_verifications

router = APIRouter()

Version = Annotated[int | None, Query(ge=1, lt=2**31)]

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
def entry_page(request: Request, session: SessionDep, slug: str, version: Version = None) -> HTMLResponse:
    """One detector; its latest version where none is named."""
    detail = get_detector(session, slug, version)
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
