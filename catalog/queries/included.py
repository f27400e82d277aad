"""Whole records that the findings of a page name, for who would ask for them next anyway."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from catalog.errors import InvalidQueryError
from catalog.models import Finding, HeadScoreTable, HeadType, LanguageModel, Metric, Paper, Verification
from catalog.queries.citable import published, select_published
from catalog.queries.head_type import HeadTypeRow, find_head_types_where
from catalog.queries.language_model import LanguageModelRow
from catalog.queries.names import near_names
from catalog.queries.page import MAX_LIMIT, PageRequest
from catalog.queries.paper import PaperRow

INCLUDED = ("papers", "head_types", "language_models", "metrics", "verifications")
"""What can be included. The list is closed and one level deep, so that an answer stays bounded."""


@dataclass(slots=True)
class Included:
    """Records that the findings of a page name, each once; empty where not asked for."""

    papers: list[PaperRow] = field(default_factory=list)
    head_types: list[HeadTypeRow] = field(default_factory=list)
    language_models: list[LanguageModelRow] = field(default_factory=list)
    metrics: list[Metric] = field(default_factory=list)
    verifications: list[Verification] = field(default_factory=list)
    """All re-runs of the page's findings that stand."""


def names_of(text: str | None, known: Sequence[str], parameter: str) -> list[str] | None:
    """The names in a list that is separated by commas; None where nothing is given.

    Raises:
        InvalidQueryError: A name is unknown or given twice.
    """
    if text is None:
        return None
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in known:
            near = near_names(name, known)
            hint = f"it takes {', '.join(known)}"
            raise InvalidQueryError(parameter, f"The parameter {parameter} knows no {name[:64]!r}; {hint}.", near)
    if len(set(names)) < len(names):
        raise InvalidQueryError(parameter, f"The parameter {parameter} names something twice; name each once.")
    return names


def load_included(session: Session, finding_ids: Sequence[int], names: Sequence[str]) -> Included:
    """The records of some kinds that findings name."""
    found = Included()
    for name in names:
        setattr(found, name, _LOADERS[name](session, finding_ids))
    return found


def _named(column: Any, finding_ids: Sequence[int]) -> Any:
    return select(column).where(Finding.id.in_(finding_ids))


def _n_findings(column: Any, key: Any) -> Any:
    return select(func.count(Finding.id)).where(column == key, published(Finding)).scalar_subquery()


def _papers(session: Session, ids: Sequence[int]) -> list[PaperRow]:
    counted = _n_findings(Finding.paper_id, Paper.id)
    statement = select(Paper, counted).where(Paper.id.in_(_named(Finding.paper_id, ids))).order_by(Paper.slug)
    return [PaperRow(row[0], row[1]) for row in session.execute(statement)]


def _head_types(session: Session, ids: Sequence[int]) -> list[HeadTypeRow]:
    conditions = [published(HeadType), HeadType.id.in_(_named(Finding.head_type_id, ids))]
    return find_head_types_where(session, _BySlug(limit=MAX_LIMIT), conditions).items


def _language_models(session: Session, ids: Sequence[int]) -> list[LanguageModelRow]:
    tables = select(func.count(HeadScoreTable.id)).where(HeadScoreTable.language_model_id == LanguageModel.id)
    statement = (
        select(LanguageModel, _n_findings(Finding.language_model_id, LanguageModel.id), tables.scalar_subquery())
        .where(LanguageModel.id.in_(_named(Finding.language_model_id, ids)))
        .order_by(LanguageModel.slug)
    )
    return [LanguageModelRow(row[0], row[1], row[2]) for row in session.execute(statement)]


def _metrics(session: Session, ids: Sequence[int]) -> list[Metric]:
    statement = select(Metric).where(Metric.id.in_(_named(Finding.metric_id, ids))).options(joinedload(Metric.paper))
    return list(session.scalars(statement.order_by(Metric.slug, Metric.version)))


def _verifications(session: Session, ids: Sequence[int]) -> list[Verification]:
    statement = (
        select_published(Verification)
        .where(Verification.finding_id.in_(ids))
        .order_by(Verification.id)
        .options(
            joinedload(Verification.detector),
            joinedload(Verification.scan_run),
            joinedload(Verification.finding).options(
                joinedload(Finding.language_model), joinedload(Finding.head_type), joinedload(Finding.paper)
            ),
        )
    )
    return list(session.scalars(statement))


class _BySlug(PageRequest):
    sort: str = "slug"


_LOADERS = {
    "papers": _papers,
    "head_types": _head_types,
    "language_models": _language_models,
    "metrics": _metrics,
    "verifications": _verifications,
}
