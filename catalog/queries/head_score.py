"""Numbers per head: by table, by language model, and by head with its rank in each table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field
from sqlalchemy import ColumnElement, Integer, and_, case, cast, func, or_, select
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload

from catalog.models import HeadScore, HeadScoreTable, LanguageModel, Metric, Paper
from catalog.notation import HeadRef
from catalog.queries.language_model import ids_of_language_model, resolve_language_model
from catalog.queries.metric import ids_of_metric
from catalog.queries.names import as_filter, id_of, mentions, not_found
from catalog.queries.page import Page, PageRequest, paginate, sort_field
from catalog.queries.table_options import table_options
from catalog.vocabulary import Direction, Unit

TABLE_SORTS: dict[str, Any] = {"slug": HeadScoreTable.slug, "n_rows": HeadScoreTable.n_rows}
SCORE_SORTS: dict[str, Any] = {"layer": HeadScore.layer, "score": HeadScore.score, "head": HeadScore.head}
MODEL_SCORE_SORTS: dict[str, Any] = {"table": HeadScoreTable.slug, **SCORE_SORTS}


class HeadScoreTableQuery(PageRequest):
    """Which tables to list."""

    q: str | None = Field(default=None, max_length=200, description="Text in slug or repository.")
    language_model: str | None = Field(
        default=None, max_length=200, description="Hub id (all revisions) or slug of the language model."
    )
    metric: str | None = Field(default=None, max_length=96, description="Slug of the metric.")
    paper: str | None = Field(default=None, max_length=96, description="Slug of the source.")
    unit: Unit | None = Field(default=None, description="What the head index counts.")
    is_measured: bool | None = Field(default=None, description="Whether a run of ours measured it.")
    is_complete: bool | None = Field(default=None, description="Whether every head has a row.")
    sort: str = sort_field(TABLE_SORTS, "slug")


class HeadScoreQuery(PageRequest):
    """Which rows of a table to list."""

    layer: int | None = Field(default=None, ge=0, lt=10000, description="Layer, from zero.")
    head: int | None = Field(default=None, ge=0, lt=10000, description="Head of the layer, from zero.")
    score_gte: float | None = Field(default=None, allow_inf_nan=False, description="Smallest score.")
    score_lte: float | None = Field(default=None, allow_inf_nan=False, description="Largest score.")
    sort: str = sort_field(SCORE_SORTS, "layer")


class LanguageModelScoreQuery(HeadScoreQuery):
    """Which scores of a language model to list, across its tables."""

    metric: str | None = Field(default=None, max_length=96, description="Slug of the metric.")
    unit: Unit | None = Field(default=None, description="What the head index counts.")
    sort: str = sort_field(MODEL_SCORE_SORTS, "table")


@dataclass(frozen=True, slots=True)
class HeadScoreTableDetail:
    """One table with the extent of its numbers."""

    table: HeadScoreTable
    n_scored: int
    """Rows that hold a number."""
    lowest: float | None
    highest: float | None
    mean: float | None


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """A number and the table it stands in."""

    table: HeadScoreTable
    score: HeadScore


@dataclass(frozen=True, slots=True)
class RankedScore:
    """A head's number in one table, beside all others of that table."""

    table: HeadScoreTable
    score: HeadScore
    n_scored: int
    """Heads of the table that have a number."""
    rank: int | None
    """From one; one more than the heads that score better. None without a number, or where no end is better."""
    percentile: float | None
    """Share of the other heads that score no better, in [0, 1]; None where there is no rank or no other head."""


def find_head_score_tables(session: Session, query: HeadScoreTableQuery | None = None) -> Page[HeadScoreTable]:
    """Tables that match a query.

    Raises:
        InvalidQueryError: A filter names something that does not exist, or sort or cursor cannot be used.
    """
    query = query or HeadScoreTableQuery()
    return paginate(
        session,
        select(HeadScoreTable).where(*_table_conditions(session, query)),
        query,
        sorts=TABLE_SORTS,
        key=[HeadScoreTable.id],
        read=lambda row: row[0],
        options=table_options(),
    )


def get_head_score_table(session: Session, slug: str) -> HeadScoreTableDetail:
    """One table by its slug.

    Raises:
        NotFoundError: There is no such table.
    """
    table = session.scalar(select(HeadScoreTable).where(HeadScoreTable.slug == slug).options(*table_options()))
    if table is None:
        raise not_found(session, "head score table", slug, HeadScoreTable.slug)
    score = HeadScore.score
    extent = select(func.count(score), func.min(score), func.max(score), func.avg(score))
    row = session.execute(extent.where(HeadScore.table_id == table.id)).one()
    return HeadScoreTableDetail(table, row[0], row[1], row[2], row[3])


def find_head_scores(session: Session, slug: str, query: HeadScoreQuery | None = None) -> Page[HeadScore]:
    """Rows of one table.

    Raises:
        NotFoundError: There is no such table.
        InvalidQueryError: Sort or cursor cannot be used.
    """
    query = query or HeadScoreQuery()
    table_id = id_of(session, "head score table", slug, HeadScoreTable.slug)
    statement = select(HeadScore).where(HeadScore.table_id == table_id, *_score_conditions(query))
    return paginate(
        session,
        statement,
        query,
        sorts=SCORE_SORTS,
        key=[HeadScore.layer, HeadScore.head],
        read=lambda row: row[0],
    )


def find_measured_table(session: Session, scan_run_id: int, metric_id: int) -> HeadScoreTable | None:
    """What a run of ours measured by a metric; None where it kept no scores of it."""
    return session.scalar(
        select(HeadScoreTable)
        .where(HeadScoreTable.scan_run_id == scan_run_id, HeadScoreTable.metric_id == metric_id)
        .order_by(HeadScoreTable.id.desc())
        .limit(1)
        .options(*table_options())
    )


def list_head_scores(session: Session, table: HeadScoreTable) -> Sequence[HeadScore]:
    """All rows of one table, layer by layer; a table is bounded by the heads of its language model."""
    statement = select(HeadScore).where(HeadScore.table_id == table.id)
    return session.scalars(statement.order_by(HeadScore.layer, HeadScore.head)).all()


def find_language_model_scores(
    session: Session, name: str, query: LanguageModelScoreQuery | None = None
) -> Page[ScoreRow]:
    """Scores of one language model across its tables.

    Raises:
        NotFoundError: There is no such language model.
        InvalidQueryError: The metric does not exist, or sort or cursor cannot be used.
    """
    query = query or LanguageModelScoreQuery()
    language_model = resolve_language_model(session, name)
    conditions = [HeadScoreTable.language_model_id == language_model.id, *_score_conditions(query)]
    if query.metric is not None:
        conditions.append(HeadScoreTable.metric_id.in_(as_filter("metric", ids_of_metric, session, query.metric)))
    if query.unit is not None:
        conditions.append(HeadScoreTable.unit == query.unit)
    return find_scores_where(session, query, conditions)


def find_scores_where(
    session: Session, query: PageRequest, conditions: Sequence[ColumnElement[bool]]
) -> Page[ScoreRow]:
    """Scores that meet conditions, whatever their table.

    Raises:
        InvalidQueryError: Sort or cursor cannot be used.
    """
    statement = (
        select(HeadScore, HeadScoreTable)
        .join(HeadScoreTable, HeadScoreTable.id == HeadScore.table_id)
        .where(*conditions)
    )
    return paginate(
        session,
        statement,
        query,
        sorts=MODEL_SCORE_SORTS,
        key=[HeadScore.table_id, HeadScore.layer, HeadScore.head],
        read=lambda row: ScoreRow(row[1], row[0]),
        options=table_options(),
    )


def find_scores_of_head(session: Session, language_model: LanguageModel, head: HeadRef) -> list[RankedScore]:
    """Every number of one head, ranked in its table; with grouped keys and values also those of its group."""
    is_head = and_(HeadScoreTable.unit == Unit.QUERY_HEAD, HeadScore.head == head.head)
    n_kv_heads = language_model.n_kv_heads
    if n_kv_heads is not None:
        group = head.kv_group(language_model.n_heads, n_kv_heads)
        is_head = or_(is_head, and_(HeadScoreTable.unit == Unit.KV_GROUP, HeadScore.head == group))
    other = aliased(HeadScore)
    n_scored, n_higher, n_lower = (
        select(func.count(other.score))
        .where(other.table_id == HeadScore.table_id, condition)
        .correlate(HeadScore)
        .scalar_subquery()
        for condition in (other.score.is_not(None), other.score > HeadScore.score, other.score < HeadScore.score)
    )
    n_better = case((Metric.direction == Direction.HIGHER, n_higher), (Metric.direction == Direction.LOWER, n_lower))
    statement = (
        select(HeadScore, HeadScoreTable, n_scored, cast(n_better, Integer))
        .join(HeadScoreTable, HeadScoreTable.id == HeadScore.table_id)
        .join(HeadScoreTable.metric)
        .where(HeadScoreTable.language_model_id == language_model.id, HeadScore.layer == head.layer, is_head)
        .order_by(HeadScoreTable.slug)
        .options(
            contains_eager(HeadScoreTable.metric),
            joinedload(HeadScoreTable.language_model),
            joinedload(HeadScoreTable.paper),
            joinedload(HeadScoreTable.scan_run),
        )
    )
    return [_ranked(*row) for row in session.execute(statement)]


def _ranked(score: HeadScore, table: HeadScoreTable, n_scored: int, n_better: int | None) -> RankedScore:
    if score.score is None or n_better is None:
        return RankedScore(table, score, n_scored, None, None)
    n_others = n_scored - 1
    percentile = (n_others - n_better) / n_others if n_others else None
    return RankedScore(table, score, n_scored, n_better + 1, percentile)


def _score_conditions(query: HeadScoreQuery) -> list[ColumnElement[bool]]:
    plain = [(HeadScore.layer, query.layer), (HeadScore.head, query.head)]
    found: list[ColumnElement[bool]] = [column == value for column, value in plain if value is not None]
    if query.score_gte is not None:
        found.append(HeadScore.score >= query.score_gte)
    if query.score_lte is not None:
        found.append(HeadScore.score <= query.score_lte)
    return found


def _table_conditions(session: Session, query: HeadScoreTableQuery) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if query.q is not None:
        found.append(mentions(query.q, HeadScoreTable.slug, HeadScoreTable.repository))
    if query.language_model is not None:
        ids = as_filter("language_model", ids_of_language_model, session, query.language_model)
        found.append(HeadScoreTable.language_model_id.in_(ids))
    if query.metric is not None:
        found.append(HeadScoreTable.metric_id.in_(as_filter("metric", ids_of_metric, session, query.metric)))
    if query.paper is not None:
        found.append(HeadScoreTable.paper_id == as_filter("paper", id_of, session, "paper", query.paper, Paper.slug))
    if query.unit is not None:
        found.append(HeadScoreTable.unit == query.unit)
    if query.is_complete is not None:
        found.append(HeadScoreTable.is_complete == query.is_complete)
    if query.is_measured is not None:
        run = HeadScoreTable.scan_run_id
        found.append(run.is_not(None) if query.is_measured else run.is_(None))
    return found
