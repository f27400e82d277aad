"""How far each detector can be trusted: error rates on known heads, and how its scores order heads that are listed.

AUROC is the chance that a head which a source lists scores above another head of the same language model. Heads that we
listed ourselves by the same detector would show nothing, so that they are left out; heads written by hand count by
themselves.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from catalog.agreement import auroc
from catalog.models import (
    Detector,
    DetectorHeadType,
    Finding,
    HeadScore,
    HeadScoreTable,
    LanguageModel,
)
from catalog.queries.citable import published
from catalog.vocabulary import Polarity, SourceKind, Unit

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Ordering:
    """How a detector's scores order the heads of one language model."""

    language_model: LanguageModel
    table: HeadScoreTable
    is_by_construction: bool
    """Whether the listed heads were written by hand; otherwise sources list them."""
    n_listed: int
    n_others: int
    auroc: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """One version of a detector."""

    detector: Detector
    orderings: list[Ordering]


def find_reliability(session: Session) -> list[Reliability]:
    """Every version of every detector, by name."""
    detectors = session.scalars(
        select(Detector)
        .order_by(Detector.slug, Detector.version)
        .options(
            selectinload(Detector.error_rates),
            selectinload(Detector.events),
            joinedload(Detector.metric),
            selectinload(Detector.head_types).joinedload(DetectorHeadType.head_type),
        )
    ).all()
    tables = _tables(session)
    return [Reliability(each, list(_orderings(session, each, tables))) for each in detectors]


def _tables(session: Session) -> dict[tuple[str, int], dict[int, HeadScoreTable]]:
    """Of each detector version, its latest table for each language model that it ran on."""
    found: dict[tuple[str, int], dict[int, HeadScoreTable]] = defaultdict(dict)
    statement = (
        select(HeadScoreTable)
        .where(HeadScoreTable.scan_run_id.is_not(None), HeadScoreTable.unit == Unit.QUERY_HEAD)
        .order_by(HeadScoreTable.scan_run_id, HeadScoreTable.id)
        .options(joinedload(HeadScoreTable.language_model))
    )
    for table in session.scalars(statement):
        said: dict[str, Any] = table.details
        if said.get("detector") and not said.get("is_definition"):
            found[said["detector"], said["detector_version"]][table.language_model_id] = table
    return found


def _orderings(
    session: Session, detector: Detector, tables: dict[tuple[str, int], dict[int, HeadScoreTable]]
) -> Iterable[Ordering]:
    types = [link.head_type_id for link in detector.head_types]
    for table in tables.get((detector.slug, detector.version), {}).values():
        listed = _listed(session, table.language_model.hub_id, types)
        if not any(listed.values()):
            continue
        scores = {
            (layer, head): score
            for layer, head, score in session.execute(
                select(HeadScore.layer, HeadScore.head, HeadScore.score).where(HeadScore.table_id == table.id)
            )
            if score is not None
        }
        for is_by_construction, heads in listed.items():
            positive = [score for place, score in scores.items() if place in heads]
            others = [score for place, score in scores.items() if place not in heads]
            value = auroc(positive, others)
            if value is not None:
                yield Ordering(table.language_model, table, is_by_construction, len(positive), len(others), value)


def _listed(session: Session, hub_id: str, head_types: list[int]) -> dict[bool, set[Place]]:
    """Heads that are claimed of these types on any revision: by hand, and by sources."""
    statement = (
        select(Finding.layer, Finding.head, Finding.source_kind)
        .join(LanguageModel, LanguageModel.id == Finding.language_model_id)
        .where(
            LanguageModel.hub_id == hub_id,
            Finding.head_type_id.in_(head_types),
            Finding.polarity == Polarity.IS,
            Finding.unit == Unit.QUERY_HEAD,
            Finding.source_kind != SourceKind.OWN_MEASUREMENT,
            published(Finding),
        )
    )
    found: dict[bool, set[Place]] = {True: set(), False: set()}
    for layer, head, kind in session.execute(statement):
        found[kind == SourceKind.CONSTRUCTION].add((layer, head))
    return found
