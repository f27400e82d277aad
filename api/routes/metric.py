"""GET /api/v1/metrics."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.dependencies import LinksDep, ReplyDep, SessionDep
from api.schemas.base import PageOf
from api.schemas.metric import MetricDetailRecord, MetricRecord
from catalog.queries.metric import MetricQuery, find_metrics, get_metric

router = APIRouter(tags=["metrics"])

Version = Annotated[int | None, Query(ge=1, lt=2**31, description="Version; the latest where none is named.")]


@router.get("/metrics")
def list_metrics(session: SessionDep, query: Annotated[MetricQuery, Query()], reply: ReplyDep) -> PageOf[MetricRecord]:
    """Definitions of numbers about heads, each version on its own."""
    return reply.page(find_metrics(session, query), MetricRecord.of)


@router.get("/metrics/{slug}")
def read_metric(session: SessionDep, slug: str, links: LinksDep, version: Version = None) -> MetricDetailRecord:
    """One metric and where it is used."""
    return MetricDetailRecord.from_detail(get_metric(session, slug, version), links)
