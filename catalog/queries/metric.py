"""Definitions of numbers, version by version."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from catalog.models import Detector, Finding, HeadScoreTable, Metric
from catalog.queries.names import mentions, not_found
from catalog.queries.page import Page, PageRequest, paginate, sort_field
from catalog.queries.table_options import table_options
from catalog.vocabulary import Direction, Status

SORTS: dict[str, Any] = {"slug": Metric.slug, "name": Metric.name}


class MetricQuery(PageRequest):
    """Which metrics to list."""

    q: str | None = Field(default=None, max_length=200, description="Text in slug, name or definition.")
    slug: str | None = Field(default=None, max_length=96, description="All versions of one metric.")
    unit: str | None = Field(default=None, max_length=64, description="Unit, as `logits`.")
    direction: Direction | None = Field(default=None, description="Which end speaks for the head type.")
    sort: str = sort_field(SORTS, "slug")


@dataclass(frozen=True, slots=True)
class MetricDetail:
    """One version of a metric and where it is used."""

    metric: Metric
    versions: list[int]
    """All versions of this metric, first to last."""
    head_score_tables: list[HeadScoreTable]
    detectors: list[Detector]
    n_findings: int


def find_metrics(session: Session, query: MetricQuery | None = None) -> Page[Metric]:
    """Metrics that match a query, each version on its own.

    Raises:
        InvalidQueryError: Sort or cursor cannot be used.
    """
    query = query or MetricQuery()
    statement = select(Metric)
    for column, value in ((Metric.slug, query.slug), (Metric.unit, query.unit), (Metric.direction, query.direction)):
        if value is not None:
            statement = statement.where(column == value)
    if query.q is not None:
        statement = statement.where(mentions(query.q, Metric.slug, Metric.name, Metric.definition))
    return paginate(
        session,
        statement,
        query,
        sorts=SORTS,
        key=[Metric.id],
        read=lambda row: row[0],
        options=[joinedload(Metric.paper)],
    )


def get_metric(session: Session, slug: str, version: int | None = None) -> MetricDetail:
    """One metric; the latest version where none is named.

    Raises:
        NotFoundError: There is no such metric.
    """
    statement = select(Metric).where(Metric.slug == slug).order_by(Metric.version).options(joinedload(Metric.paper))
    versions = session.scalars(statement).all()
    wanted = [each for each in versions if version is None or each.version == version]
    if not wanted:
        raise not_found(session, "metric", slug if version is None else f"{slug} version {version}", Metric.slug)
    metric = wanted[-1]
    tables = (
        select(HeadScoreTable)
        .where(HeadScoreTable.metric_id == metric.id)
        .order_by(HeadScoreTable.slug)
        .options(*table_options())
    )
    n_findings = select(func.count(Finding.id)).where(
        Finding.metric_id == metric.id, Finding.status != Status.WITHDRAWN
    )
    detectors = (
        select(Detector)
        .where(Detector.metric_id == metric.id)
        .order_by(Detector.slug, Detector.version)
        .options(joinedload(Detector.metric), joinedload(Detector.paper))
    )
    return MetricDetail(
        metric,
        [each.version for each in versions],
        list(session.scalars(tables)),
        list(session.scalars(detectors)),
        session.scalar(n_findings) or 0,
    )


def ids_of_metric(session: Session, slug: str) -> Sequence[int]:
    """Keys of all versions of a metric.

    Raises:
        NotFoundError: There is no such metric.
    """
    found = session.scalars(select(Metric.id).where(Metric.slug == slug)).all()
    if not found:
        raise not_found(session, "metric", slug, Metric.slug)
    return found
