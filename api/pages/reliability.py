"""Reliability: error rates of every detector, generated from what was measured."""

from collections import Counter

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.dependencies import SessionDep
from api.pages.rendering import Head, render
from catalog.queries.reliability import find_reliability

router = APIRouter()


@router.get("/reliability")
def list_page(request: Request, session: SessionDep) -> HTMLResponse:
    """All versions of all detectors."""
    rows = find_reliability(session)
    return render(
        request,
        "pages/reliability.html",
        Head(
            "Reliability",
            "How often each detector finds what is there, and what is not: on planted, random and published heads.",
            "/reliability",
            data="/api/v1/reliability",
        ),
        rows=rows,
        counted=Counter(str(each.detector.maturity) for each in rows),
        bar=next(
            (each.detector.spec["calibration_bar"] for each in rows if "calibration_bar" in each.detector.spec), None
        ),
    )
