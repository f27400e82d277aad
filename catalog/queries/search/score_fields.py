"""What can be asked of the number of one head in one table."""

from typing import Any

from sqlalchemy import ColumnElement, Float, cast, func, select

from catalog.models import Detector, DetectorHeadType, HeadScore, HeadScoreTable, LanguageModel, Paper
from catalog.queries.head_type import resolve_head_type
from catalog.queries.language_model import ids_of_language_model
from catalog.queries.metric import ids_of_metric
from catalog.queries.names import id_of
from catalog.queries.search.expression import Asked, Fields, Kind, SearchField
from catalog.queries.search.finding_fields import models_of_family, named
from catalog.vocabulary import Unit


def _in_tables(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    # By table, not by row: a table is one index entry, its numbers are thousands.
    return HeadScore.table_id.in_(select(HeadScoreTable.id).where(*conditions))


def _language_model(asked: Asked, value: str) -> ColumnElement[bool]:
    return _in_tables(HeadScoreTable.language_model_id.in_(named(asked, ids_of_language_model, value)))


def _family(asked: Asked, value: str) -> ColumnElement[bool]:
    return _in_tables(HeadScoreTable.language_model_id.in_(models_of_family(asked, value)))


def _metric(asked: Asked, value: str) -> ColumnElement[bool]:
    return _in_tables(HeadScoreTable.metric_id.in_(named(asked, ids_of_metric, value)))


def _head_type(asked: Asked, value: str) -> ColumnElement[bool]:
    head_type = named(asked, resolve_head_type, value)
    tests = select(DetectorHeadType.detector_id).where(DetectorHeadType.head_type_id == head_type.id)
    return _in_tables(HeadScoreTable.metric_id.in_(select(Detector.metric_id).where(Detector.id.in_(tests))))


def _paper(asked: Asked, value: str) -> ColumnElement[bool]:
    return _in_tables(HeadScoreTable.paper_id == named(asked, id_of, "paper", value, Paper.slug))


def _table(asked: Asked, value: str) -> ColumnElement[bool]:
    return HeadScore.table_id == named(asked, id_of, "head score table", value, HeadScoreTable.slug)


def _unit(_asked: Asked, value: str) -> ColumnElement[bool]:
    return _in_tables(HeadScoreTable.unit == value)


def _is_measured(_asked: Asked, value: bool) -> ColumnElement[bool]:
    run = HeadScoreTable.scan_run_id
    return _in_tables(run.is_not(None) if value else run.is_(None))


def _depth(_asked: Asked) -> Any:
    last = (
        select(func.nullif(LanguageModel.n_layers - 1, 0))
        .join(HeadScoreTable, HeadScoreTable.language_model_id == LanguageModel.id)
        .where(HeadScoreTable.id == HeadScore.table_id)
        .correlate(HeadScore)
        .scalar_subquery()
    )
    return func.coalesce(cast(HeadScore.layer, Float) / last, 0.0)


SCORE_FIELDS: Fields = {
    "table": SearchField(Kind.NAME, "Slug of the table.", member=_table),
    "language_model": SearchField(Kind.NAME, "Hub id (all revisions) or slug.", member=_language_model),
    "family": SearchField(Kind.NAME, "Family of the language model.", member=_family),
    "metric": SearchField(Kind.NAME, "Slug of the metric.", member=_metric),
    "head_type": SearchField(
        Kind.NAME, "Head type, by any published name, for which a detector of the metric tests.", member=_head_type
    ),
    "paper": SearchField(Kind.NAME, "Slug of the source of the table.", member=_paper),
    "unit": SearchField(Kind.CHOICE, "What the head index counts.", member=_unit, choices=tuple(Unit)),
    "is_measured": SearchField(Kind.YES_NO, "Whether a run of ours measured it.", member=_is_measured),
    "layer": SearchField(Kind.WHOLE, "Layer, from zero.", lambda _asked: HeadScore.layer),
    "head": SearchField(Kind.WHOLE, "Head of the layer, from zero.", lambda _asked: HeadScore.head),
    "depth": SearchField(Kind.NUMBER, "Layer over the last layer of the language model, in [0, 1].", _depth),
    "score": SearchField(
        Kind.NUMBER,
        "The number; absent where the row holds a category alone.",
        lambda _asked: HeadScore.score,
        is_nullable=True,
    ),
}
"""Fields of head scores."""
