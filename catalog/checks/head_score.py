"""Score tables, published and our own."""

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from catalog.checks.rule import Rule
from catalog.models import HeadScore, HeadScoreTable, LanguageModel, Metric
from catalog.models.head_score import LAYERS_WITHOUT_HEADS
from catalog.notation import HeadRef
from catalog.vocabulary import Unit

# Numbers that sources computed in single precision may miss the end of their range by this much.
_ROUNDING = 1e-5

# Heads or key-value groups of a layer; empty where the language model's record does not know its key-value heads.
_PER_LAYER = case((HeadScoreTable.unit == Unit.QUERY_HEAD, LanguageModel.n_heads), else_=LanguageModel.n_kv_heads)


def heads_exist(session: Session) -> list[str]:
    """A score belongs to a query head or a key-value group that the language model has."""
    rows = session.execute(
        select(HeadScoreTable.slug, HeadScore.layer, HeadScore.head)
        .join(HeadScoreTable, HeadScoreTable.id == HeadScore.table_id)
        .join(LanguageModel, LanguageModel.id == HeadScoreTable.language_model_id)
        .where(or_(HeadScore.layer >= LanguageModel.n_layers, HeadScore.head >= _PER_LAYER))
        .order_by(HeadScoreTable.slug, HeadScore.layer, HeadScore.head)
    )
    return [f"{slug}: {HeadRef(layer, head)}" for slug, layer, head in rows]


def row_counts_agree(session: Session) -> list[str]:
    """A score table holds as many rows as it says."""
    rows = session.execute(
        select(HeadScoreTable.slug, HeadScoreTable.n_rows, func.count(HeadScore.layer))
        .outerjoin(HeadScore, HeadScore.table_id == HeadScoreTable.id)
        .group_by(HeadScoreTable.id)
        .having(HeadScoreTable.n_rows != func.count(HeadScore.layer))
        .order_by(HeadScoreTable.slug)
    )
    return [f"{slug}: says {said}, holds {held}" for slug, said, held in rows]


def complete_tables_are_complete(session: Session) -> list[str]:
    """A complete score table has a row for every head, or key-value group, of its language model.

    Layers of hybrids that have no attention have no heads; a table says which they are.
    """
    rows = session.execute(
        select(HeadScoreTable.slug, HeadScoreTable.n_rows, HeadScoreTable.details, LanguageModel.n_layers, _PER_LAYER)
        .join(LanguageModel, LanguageModel.id == HeadScoreTable.language_model_id)
        .where(HeadScoreTable.is_complete, _PER_LAYER.is_not(None))
        .order_by(HeadScoreTable.slug)
    )
    expected = [
        (slug, n_rows, (n_layers - len(details.get(LAYERS_WITHOUT_HEADS, ()))) * per_layer)
        for slug, n_rows, details, n_layers, per_layer in rows
    ]
    return [f"{slug}: {n_rows} rows for {n} heads" for slug, n_rows, n in expected if n_rows != n]


def scores_lie_in_range(session: Session) -> list[str]:
    """The scores of a table lie in the range of its metric, up to single-precision rounding."""
    rows = session.execute(
        select(HeadScoreTable.slug, HeadScore.layer, HeadScore.head, HeadScore.score)
        .join(HeadScoreTable, HeadScoreTable.id == HeadScore.table_id)
        .join(Metric, Metric.id == HeadScoreTable.metric_id)
        .where(
            or_(
                HeadScore.score < Metric.range_low - _ROUNDING,
                HeadScore.score > Metric.range_high + _ROUNDING,
            )
        )
        .order_by(HeadScoreTable.slug, HeadScore.layer, HeadScore.head)
    )
    return [f"{slug}: {HeadRef(layer, head)} scores {score}" for slug, layer, head, score in rows]


def missing_licence_is_explained(session: Session) -> list[str]:
    """A published score table states its licence, or notes that its repository states none."""
    rows = session.scalars(
        select(HeadScoreTable.slug)
        .where(
            and_(
                HeadScoreTable.paper_id.is_not(None),
                HeadScoreTable.licence.is_(None),
                HeadScoreTable.licence_note.is_(None),
            )
        )
        .order_by(HeadScoreTable.slug)
    )
    return list(rows)


RULES = (
    Rule(heads_exist),
    Rule(row_counts_agree),
    Rule(complete_tables_are_complete),
    Rule(scores_lie_in_range),
    Rule(missing_licence_is_explained),
)
