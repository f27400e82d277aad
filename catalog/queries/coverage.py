"""What was looked at where: claims and verdicts of a head type by language model and layer, disputes by stage."""

from collections import defaultdict
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from catalog.models import (
    Detector,
    DetectorHeadType,
    Finding,
    HeadType,
    LanguageModel,
    Stage,
    StageAssignment,
    Verification,
)
from catalog.queries.citable import published
from catalog.queries.latest import counted
from catalog.vocabulary import Polarity, Unit, Verdict
from catalog.vocabulary import Stage as StageName


def count_claims_by_layer(session: Session, head_type_id: int) -> list[tuple[int, int, Polarity, int]]:
    """Key of the language model, layer, polarity and number of distinct heads, for one head type."""
    heads = func.count(Finding.head.distinct())
    statement = (
        select(Finding.language_model_id, Finding.layer, Finding.polarity, heads)
        .where(Finding.head_type_id == head_type_id, Finding.unit != Unit.HEAD_GROUP, published(Finding))
        .group_by(Finding.language_model_id, Finding.layer, Finding.polarity)
        .order_by(Finding.language_model_id, Finding.layer, Finding.polarity)
    )
    return [(row[0], row[1], Polarity(row[2]), row[3]) for row in session.execute(statement)]


def count_verdicts_by_language_model(session: Session, head_type_id: int) -> dict[int, dict[Verdict, int]]:
    """Latest verdict of each verified claim of a head type, counted for each language model."""
    statement = (
        _latest_verdicts(Finding.language_model_id, func.count())
        .where(Finding.head_type_id == head_type_id)
        .group_by(Finding.language_model_id, Verification.verdict)
    )
    found: dict[int, dict[Verdict, int]] = defaultdict(dict)
    for verdict, model_id, n in session.execute(statement):
        found[model_id][Verdict(verdict)] = n
    return {model_id: {each: of[each] for each in Verdict if each in of} for model_id, of in found.items()}


def count_disputed_by_stage(session: Session) -> dict[StageName, int]:
    """Head types of each stage that some source puts into another stage as well."""
    disputed = (
        select(StageAssignment.head_type_id)
        .join(HeadType, HeadType.id == StageAssignment.head_type_id)
        .where(published(HeadType))
        .group_by(StageAssignment.head_type_id)
        .having(func.count(StageAssignment.stage_id.distinct()) > 1)
    )
    statement = (
        select(Stage.slug, func.count(StageAssignment.head_type_id.distinct()))
        .join(StageAssignment, StageAssignment.stage_id == Stage.id)
        .where(StageAssignment.head_type_id.in_(disputed))
        .group_by(Stage.id)
    )
    return {StageName(slug): n for slug, n in session.execute(statement)}


def head_types_of_metric(session: Session, language_model: LanguageModel, metric_id: int) -> list[HeadType]:
    """Head types that a metric speaks of: those its detectors test for, and those claimed with it on this model."""
    tested = (
        select(DetectorHeadType.head_type_id)
        .join(Detector, Detector.id == DetectorHeadType.detector_id)
        .where(Detector.metric_id == metric_id)
    )
    claimed = select(Finding.head_type_id).where(
        Finding.metric_id == metric_id, Finding.language_model_id == language_model.id, published(Finding)
    )
    statement = select(HeadType).where(or_(HeadType.id.in_(tested), HeadType.id.in_(claimed)), published(HeadType))
    return list(session.scalars(statement.order_by(HeadType.slug)))


def _latest_verdicts(*columns: Any) -> Select[Any]:
    """The latest verdict of each verified claim, with further columns."""
    # Verifications are appended, so the largest key is the latest re-run.
    latest = select(func.max(Verification.id)).where(counted(Verification)).group_by(Verification.finding_id)
    return (
        select(Verification.verdict, *columns)
        .join(Finding, Finding.id == Verification.finding_id)
        .where(Verification.id.in_(latest), published(Finding))
    )
