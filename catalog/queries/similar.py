"""Heads like a given one: the same numbers, each as its place among the heads of its own language model.

A head is a vector with one coordinate for each metric: the share of the other heads of its table that score lower, in
[0, 1], so that metrics of any range, and language models of any size, can be compared. Two heads are compared on the
metrics that both have, and only where these are at least half of the first one's. The distance is the root of the mean
squared difference of the coordinates: 0 where all places are equal, 1 where all are opposite. Metrics of which neither
end speaks for a type count as well: they describe the head, and no end is called better here.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Float, cast, func, select
from sqlalchemy.orm import Session, aliased

from catalog.errors import InvalidQueryError
from catalog.models import HeadScore, HeadScoreTable, LanguageModel, Metric
from catalog.notation import HeadRef
from catalog.queries.head import require_head
from catalog.queries.language_model import ids_of_language_model, resolve_language_model
from catalog.queries.names import as_filter
from catalog.vocabulary import Unit

MOST_METRICS = 32
"""Coordinates that are compared; those of the first tables by name."""


class SimilarQuery(BaseModel):
    """Which heads to compare with, on which metrics."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    within: str | None = Field(
        default=None,
        max_length=200,
        description="Hub id or slug of the language model whose heads are compared; its own without it.",
    )
    metrics: str | None = Field(
        default=None,
        max_length=1000,
        description="Slugs of metrics, separated by commas; without it all that the head has, at most 32.",
    )
    limit: int = Field(default=20, ge=1, le=200, description="Heads to give, nearest first.")


@dataclass(frozen=True, slots=True)
class Coordinate:
    """A metric of the head, and its place by it."""

    metric: Metric
    table: HeadScoreTable
    score: float
    percentile: float


@dataclass(frozen=True, slots=True)
class SimilarHead:
    """A head that was compared."""

    language_model: LanguageModel
    head: HeadRef
    distance: float
    n_metrics: int
    """Metrics that both heads have."""
    percentiles: dict[str, float]
    """Its place by each of them."""


@dataclass(frozen=True, slots=True)
class SimilarHeads:
    """Heads like one, and what was compared."""

    language_model: LanguageModel
    head: HeadRef
    within: Sequence[LanguageModel]
    coordinates: list[Coordinate]
    """Empty where nothing was measured of the head: then there is nothing to compare."""
    heads: list[SimilarHead]


def find_similar_heads(session: Session, name: str, head: HeadRef, query: SimilarQuery) -> SimilarHeads:
    """Heads like one of a language model, nearest first.

    Raises:
        NotFoundError: There is no such language model, or it has no such head.
        AmbiguousNameError: Several revisions have this hub id, and none of them this slug.
        InvalidQueryError: A metric or the language model to compare with does not exist.
    """
    model = resolve_language_model(session, name)
    require_head(model, head)
    within = [model]
    if query.within is not None:
        ids = as_filter("within", ids_of_language_model, session, query.within)
        within = list(session.scalars(select(LanguageModel).where(LanguageModel.id.in_(ids))))
    coordinates = _coordinates(session, model, head, _wanted(session, query.metrics))
    if not coordinates:
        return SimilarHeads(model, head, within, [], [])
    metrics = {each.metric.slug: each.metric.id for each in coordinates}
    own = {each.metric.slug: each.percentile for each in coordinates}
    found = []
    for other in within:
        for place, percentiles in _percentiles(session, other, metrics).items():
            if other.id == model.id and place == head:
                continue
            common = own.keys() & percentiles.keys()
            if 2 * len(common) >= len(own):
                squares = sum((own[each] - percentiles[each]) ** 2 for each in common)
                distance = (squares / len(common)) ** 0.5
                shown = {each: percentiles[each] for each in own if each in common}
                found.append(SimilarHead(other, place, distance, len(common), shown))
    found.sort(key=lambda each: (each.distance, -each.n_metrics, each.language_model.slug, each.head))
    return SimilarHeads(model, head, within, coordinates, found[: query.limit])


def _wanted(session: Session, metrics: str | None) -> list[str] | None:
    if metrics is None:
        return None
    names = [each.strip() for each in metrics.split(",")]
    known = set(session.scalars(select(Metric.slug).where(Metric.slug.in_(names))))
    unknown = [each for each in names if each not in known]
    if unknown:
        raise InvalidQueryError("metrics", f"There is no metric named {unknown[0]!r}; /api/v1/metrics lists them.")
    if len(names) > MOST_METRICS:
        raise InvalidQueryError("metrics", f"At most {MOST_METRICS} metrics are compared; name fewer.")
    return names


def _tables(session: Session, model: LanguageModel) -> dict[int, HeadScoreTable]:
    """The table of each metric of a language model: the latest of ours, or the first published one."""
    statement = (
        select(HeadScoreTable)
        .where(HeadScoreTable.language_model_id == model.id, HeadScoreTable.unit == Unit.QUERY_HEAD)
        .order_by(HeadScoreTable.scan_run_id.desc().nulls_last(), HeadScoreTable.slug)
    )
    found: dict[int, HeadScoreTable] = {}
    for table in session.scalars(statement):
        found.setdefault(table.metric_id, table)
    return found


def _coordinates(session: Session, model: LanguageModel, head: HeadRef, wanted: list[str] | None) -> list[Coordinate]:
    tables = {table.id: table for table in _tables(session, model).values()}
    other = aliased(HeadScore)
    counts = [
        select(func.count(other.score))
        .where(other.table_id == HeadScore.table_id, *condition)
        .correlate(HeadScore)
        .scalar_subquery()
        for condition in ((other.score < HeadScore.score,), ())
    ]
    statement = (
        select(HeadScore.table_id, HeadScore.score, Metric, *counts)
        .join(HeadScoreTable, HeadScoreTable.id == HeadScore.table_id)
        .join(Metric, Metric.id == HeadScoreTable.metric_id)
        .where(
            HeadScore.table_id.in_(tables),
            HeadScore.layer == head.layer,
            HeadScore.head == head.head,
            HeadScore.score.is_not(None),
        )
        .order_by(Metric.slug)
        .limit(MOST_METRICS)
    )
    if wanted is not None:
        statement = statement.where(Metric.slug.in_(wanted))
    return [
        Coordinate(metric, tables[table_id], score, n_lower / (n_scored - 1))
        for table_id, score, metric, n_lower, n_scored in session.execute(statement)
        # A table of one head tells nothing of its place.
        if n_scored > 1
    ]


def _percentiles(session: Session, model: LanguageModel, metrics: dict[str, int]) -> dict[HeadRef, dict[str, float]]:
    """Place of every head of a language model by each metric."""
    tables = _tables(session, model)
    slugs = {tables[key].id: slug for slug, key in metrics.items() if key in tables}
    scored = HeadScore.score.is_not(None)
    n_lower = func.rank().over(partition_by=HeadScore.table_id, order_by=HeadScore.score) - 1
    n_others = func.count().over(partition_by=HeadScore.table_id) - 1
    place: Any = cast(n_lower, Float) / func.nullif(n_others, 0)
    statement = select(HeadScore.table_id, HeadScore.layer, HeadScore.head, place)
    found: dict[HeadRef, dict[str, float]] = defaultdict(dict)
    for table_id, layer, head, percentile in session.execute(statement.where(HeadScore.table_id.in_(slugs), scored)):
        if percentile is not None:
            found[HeadRef(layer, head)][slugs[table_id]] = percentile
    return found
