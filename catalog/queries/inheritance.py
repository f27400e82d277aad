"""Whether heads are passed on: the same metric over the heads of a base language model and of one made from it.

Two language models are compared where one was made from the other (tuned, or quantised), or where both are revisions of
one (checkpoints), they have the same shape, and a whole table of the same metric exists for both. What a table of a run
says takes precedence over a published one, and the latest run over earlier ones.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import Field
from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from catalog.agreement import overlap_of_top, pearson
from catalog.models import HeadScore, HeadScoreTable, LanguageModel, Metric
from catalog.queries.language_model import ids_of_language_model
from catalog.queries.metric import ids_of_metric
from catalog.queries.names import as_filter
from catalog.queries.page import PageRequest

TOP_SHARE = 0.05
"""Share of the heads that count as the best by a metric, at least one: heads of a type are few among all."""

_LEAST_HEADS = 8
"""Fewer heads than this in common say nothing of a correlation."""

Place = tuple[int, int]


class Descent(StrEnum):
    """How two language models belong together."""

    BASE_AND_DERIVED = "base_and_derived"
    REVISIONS = "revisions"


class InheritanceQuery(PageRequest):
    """Which comparisons to list."""

    language_model: str | None = Field(
        default=None, max_length=200, description="Hub id or slug of either of the two language models."
    )
    metric: str | None = Field(default=None, max_length=96, description="Slug of the metric.")
    descent: Descent | None = Field(default=None, description="How the two belong together.")


@dataclass(frozen=True, slots=True)
class Inheritance:
    """One metric over the same heads of two language models."""

    descent: Descent
    base: LanguageModel
    derived: LanguageModel
    metric: Metric
    base_table: HeadScoreTable
    derived_table: HeadScoreTable
    n_heads: int
    """Heads, or key-value groups, with a score in both."""
    pearson: float | None
    """Correlation of the scores; None where a table holds one value throughout."""
    n_top: int
    overlap: float
    """Of the best heads of the base, the share that is among as many best of the other."""
    overlap_by_chance: float
    """The same for two orders that know nothing of each other."""


def find_inheritance(session: Session, query: InheritanceQuery | None = None) -> list[Inheritance]:
    """All comparisons that can be made, by language models and metric.

    Raises:
        InvalidQueryError: A filter names something that does not exist.
    """
    query = query or InheritanceQuery()
    pairs = [pair for pair in _pairs(session, query) if query.descent in (None, pair[0])]
    ids = {model.id for _, *both in pairs for model in both}
    metric_ids = None if query.metric is None else as_filter("metric", ids_of_metric, session, query.metric)
    tables = _tables(session, ids, metric_ids)
    scores: dict[int, dict[Place, float]] = {}
    found = []
    for descent, base, derived in pairs:
        for key in sorted(tables[base.id].keys() & tables[derived.id].keys()):
            pair = tables[base.id][key], tables[derived.id][key]
            for table in pair:
                if table.id not in scores:
                    scores[table.id] = _scores(session, table)
            made = _compare(descent, (base, derived), pair, scores)
            if made is not None:
                found.append(made)
    return found


def _pairs(session: Session, query: InheritanceQuery) -> Iterator[tuple[Descent, LanguageModel, LanguageModel]]:
    base, derived = aliased(LanguageModel), aliased(LanguageModel)
    same_shape = (base.n_layers == derived.n_layers, base.n_heads == derived.n_heads)
    for descent, belongs in (
        (Descent.BASE_AND_DERIVED, derived.base_model_id == base.id),
        (Descent.REVISIONS, (derived.hub_id == base.hub_id) & (base.id < derived.id)),
    ):
        statement = select(base, derived).join(derived, belongs).where(*same_shape)
        if query.language_model is not None:
            ids = as_filter("language_model", ids_of_language_model, session, query.language_model)
            statement = statement.where(or_(base.id.in_(ids), derived.id.in_(ids)))
        for row in session.execute(statement.order_by(base.slug, derived.slug)):
            yield descent, row[0], row[1]


def _tables(
    session: Session, ids: set[int], metric_ids: Sequence[int] | None
) -> dict[int, dict[tuple[str, int, str], HeadScoreTable]]:
    statement = (
        select(HeadScoreTable)
        .where(HeadScoreTable.language_model_id.in_(ids))
        .options(joinedload(HeadScoreTable.metric))
        # The last one stays: published tables first, then runs in their order.
        .order_by(HeadScoreTable.scan_run_id.is_not(None), HeadScoreTable.scan_run_id, HeadScoreTable.id)
    )
    if metric_ids is not None:
        statement = statement.where(HeadScoreTable.metric_id.in_(metric_ids))
    found: dict[int, dict[tuple[str, int, str], HeadScoreTable]] = defaultdict(dict)
    for table in session.scalars(statement):
        found[table.language_model_id][table.metric.slug, table.metric.version, str(table.unit)] = table
    return found


def _scores(session: Session, table: HeadScoreTable) -> dict[Place, float]:
    rows = session.execute(
        select(HeadScore.layer, HeadScore.head, HeadScore.score).where(
            HeadScore.table_id == table.id, HeadScore.score.is_not(None)
        )
    )
    return {(layer, head): score for layer, head, score in rows if score is not None}


def _compare(
    descent: Descent,
    models: tuple[LanguageModel, LanguageModel],
    tables: tuple[HeadScoreTable, HeadScoreTable],
    scores: dict[int, dict[Place, float]],
) -> Inheritance | None:
    before, after = (scores[table.id] for table in tables)
    places = sorted(before.keys() & after.keys())
    if len(places) < _LEAST_HEADS:
        return None
    first, second = [before[place] for place in places], [after[place] for place in places]
    n_top = max(1, round(TOP_SHARE * len(places)))
    return Inheritance(
        descent,
        *models,
        tables[0].metric,
        *tables,
        n_heads=len(places),
        pearson=pearson(first, second),
        n_top=n_top,
        overlap=overlap_of_top(first, second, n_top),
        overlap_by_chance=n_top / len(places),
    )
