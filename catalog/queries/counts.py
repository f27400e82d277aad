"""How much the catalog holds, for the home page and for whoever wants to know what is missing."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from catalog.models import (
    Benchmark,
    Circuit,
    Detector,
    ExternalTaxonomyEntry,
    Finding,
    GlossaryTerm,
    HeadScore,
    HeadScoreTable,
    HeadType,
    HumanAnalogue,
    LanguageModel,
    Mechanism,
    Method,
    Metric,
    Paper,
    ScanRun,
    StageAssignment,
    Verification,
)
from catalog.models import Stage as StageRow
from catalog.queries.citable import published
from catalog.queries.language_model import count_verdicts
from catalog.queries.latest import counted
from catalog.vocabulary import Stage, Status, Verdict


@dataclass(frozen=True, slots=True)
class CatalogCounts:
    """Number of records of each kind."""

    head_types: int
    papers: int
    methods: int
    glossary_terms: int
    benchmarks: int
    human_analogues: int
    mechanisms: int
    crosswalk_entries: int
    metrics: int
    language_models: int
    language_models_with_findings: int
    findings: int
    findings_verified: int
    circuits: int
    head_score_tables: int
    head_scores: int
    detectors: int
    scan_runs: int
    verifications: int
    verdicts: dict[Verdict, int]
    """Latest verdict of each verified finding, counted."""
    head_types_by_stage: dict[Stage, int]
    """Head types that any source assigns to the stage; one may count in several."""


def get_counts(session: Session) -> CatalogCounts:
    """Number of records of each kind, in three statements."""
    counts = {
        "head_types": _count(HeadType, published(HeadType)),
        "papers": _count(Paper),
        "methods": _count(Method),
        "glossary_terms": _count(GlossaryTerm),
        "benchmarks": _count(Benchmark),
        "human_analogues": _count(HumanAnalogue),
        "mechanisms": _count(Mechanism),
        "crosswalk_entries": _count(ExternalTaxonomyEntry),
        "metrics": _count(Metric),
        "language_models": _count(LanguageModel),
        "language_models_with_findings": _distinct(Finding.language_model_id, published(Finding)),
        "findings": _count(Finding, published(Finding)),
        "findings_verified": _distinct(Verification.finding_id, counted(Verification)),
        "circuits": _count(Circuit, published(Circuit)),
        "head_score_tables": _count(HeadScoreTable),
        "head_scores": _count(HeadScore),
        "detectors": _count(Detector),
        "scan_runs": _count(ScanRun),
        "verifications": _count(Verification, published(Verification)),
    }
    row = session.execute(select(*(each.scalar_subquery().label(name) for name, each in counts.items()))).one()
    return CatalogCounts(
        **row._asdict(),
        verdicts=count_verdicts(session, Finding.status != Status.WITHDRAWN),
        head_types_by_stage=_head_types_by_stage(session),
    )


def require_readable(session: Session) -> None:
    """Read one row, or let the database's own error through."""
    session.scalar(select(HeadType.id).limit(1))


def _count(model: Any, *conditions: Any) -> Select[int]:
    return select(func.count()).select_from(model).where(*conditions)


def _distinct(column: Any, *conditions: Any) -> Select[int]:
    return select(func.count(column.distinct())).where(*conditions)


def _head_types_by_stage(session: Session) -> dict[Stage, int]:
    statement = (
        select(StageRow.slug, func.count(HeadType.id.distinct()))
        .outerjoin(StageAssignment, StageAssignment.stage_id == StageRow.id)
        .outerjoin(HeadType, (HeadType.id == StageAssignment.head_type_id) & published(HeadType))
        .group_by(StageRow.id)
        .order_by(StageRow.position)
    )
    return {Stage(slug): n for slug, n in session.execute(statement)}
