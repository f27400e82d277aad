"""Metrics: all definitions, and the page of one."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.dependencies import SessionDep
from api.pages.filters import read_query
from api.pages.rendering import Head, render
from catalog.queries.metric import MetricQuery, find_metrics, get_metric

router = APIRouter()

LIST_LIMIT = 200


@router.get("/metrics")
def list_page(request: Request, session: SessionDep) -> HTMLResponse:
    """All metrics, each version on its own."""
    query, given = read_query(request, MetricQuery, limit=LIST_LIMIT)
    return render(
        request,
        "pages/metrics.html",
        Head("Metrics", "Definitions of the numbers that are computed about attention heads.", "/metrics"),
        page=find_metrics(session, query),
        query=given,
    )


@router.get("/metrics/{slug}")
def entry_page(request: Request, session: SessionDep, slug: str) -> HTMLResponse:
    """The latest version of one metric."""
    detail = get_metric(session, slug)
    return render(
        request,
        "pages/metric.html",
        Head(
            detail.metric.name,
            detail.metric.definition,
            f"/metrics/{detail.metric.slug}",
            data=f"/api/v1/metrics/{detail.metric.slug}",
            trail=[("Metrics", "/metrics")],
        ),
        detail=detail,
    )
