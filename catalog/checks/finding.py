"""Claims about heads."""

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from catalog.checks.rule import Rule
from catalog.models import Finding, HeadScoreTable, LanguageModel, Metric
from catalog.notation import HeadRef
from catalog.vocabulary import Unit


def heads_exist(session: Session) -> list[str]:
    """A finding names a query head or a key-value group that its language model has."""
    n_units = func.coalesce(LanguageModel.n_kv_heads, LanguageModel.n_heads)
    rows = session.execute(
        select(Finding.accession, Finding.layer, Finding.head, Finding.unit, LanguageModel.slug)
        .join(LanguageModel, LanguageModel.id == Finding.language_model_id)
        .where(
            or_(
                Finding.layer >= LanguageModel.n_layers,
                and_(Finding.unit != Unit.KV_GROUP, Finding.head >= LanguageModel.n_heads),
                and_(Finding.unit == Unit.KV_GROUP, Finding.head >= n_units),
            )
        )
        .order_by(Finding.accession)
    )
    return [f"{accession}: {HeadRef(layer, head)} ({unit}) in {slug}" for accession, layer, head, unit, slug in rows]


# What makes a claim: two rows that agree in all of these say the same thing twice.
_CLAIM = (
    Finding.paper_id,
    Finding.language_model_id,
    Finding.unit,
    Finding.layer,
    Finding.head,
    Finding.group_heads,
    Finding.head_type_id,
    Finding.circuit_role,
    Finding.polarity,
    Finding.published_name,
    Finding.task,
    Finding.method_id,
    Finding.metric_id,
    Finding.value,
    Finding.locator,
)


def none_is_repeated(session: Session) -> list[str]:
    """No two findings say the same of the same head from the same place of the same source."""
    repeated = session.execute(
        select(func.min(Finding.accession), func.max(Finding.accession), func.count())
        .group_by(*_CLAIM)
        .having(func.count() > 1)
        .order_by(func.min(Finding.accession))
    )
    return [f"{first} … {last}: {count} equal claims" for first, last, count in repeated]


def values_lie_in_range(session: Session) -> list[str]:
    """The value of a finding lies in the range of its metric."""
    rows = session.execute(
        select(Finding.accession, Finding.value, Metric.slug)
        .join(Metric, Metric.id == Finding.metric_id)
        .where(or_(Finding.value < Metric.range_low, Finding.value > Metric.range_high))
        .order_by(Finding.accession)
    )
    return [f"{accession}: {value} on {metric}" for accession, value, metric in rows]


def tables_are_of_the_same_model(session: Session) -> list[str]:
    """A finding ranked from a score table is about the language model and the metric of that table."""
    rows = session.execute(
        select(Finding.accession, HeadScoreTable.slug)
        .join(HeadScoreTable, HeadScoreTable.id == Finding.head_score_table_id)
        .where(
            or_(
                HeadScoreTable.language_model_id != Finding.language_model_id,
                HeadScoreTable.unit != Finding.unit,
                func.coalesce(Finding.metric_id, 0) != HeadScoreTable.metric_id,
            )
        )
        .order_by(Finding.accession)
    )
    return [f"{accession}: {table}" for accession, table in rows]


RULES = (
    Rule(heads_exist),
    Rule(none_is_repeated),
    Rule(values_lie_in_range),
    Rule(tables_are_of_the_same_model),
)
