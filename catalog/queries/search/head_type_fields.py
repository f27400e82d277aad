"""What can be asked of a head type."""

from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from catalog.models import (
    DetectorHeadType,
    Finding,
    HeadType,
    HeadTypeAlias,
    HeadTypeFamily,
    HeadTypePaper,
    Paper,
    Stage,
    StageAssignment,
    Verification,
)
from catalog.queries.citable import published
from catalog.queries.detector import ids_of_detector
from catalog.queries.full_text import holds
from catalog.queries.head_type import resolve_head_type
from catalog.queries.language_model import ids_of_language_model
from catalog.queries.latest import is_untested, latest_is
from catalog.queries.names import id_of
from catalog.queries.search.expression import Asked, Fields, Kind, SearchField
from catalog.queries.search.finding_fields import UNTESTED, named
from catalog.vocabulary import Origin, Status, Tier, Verdict
from catalog.vocabulary import Stage as StageName


def _claimed(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    claims = select(Finding.head_type_id).where(Finding.head_type_id.is_not(None), published(Finding), *conditions)
    return HeadType.id.in_(claims)


def _name(asked: Asked, value: str) -> ColumnElement[bool]:
    return HeadType.id == named(asked, resolve_head_type, value).id


def _stage(_asked: Asked, value: str) -> ColumnElement[bool]:
    assigned = select(StageAssignment.head_type_id).join(Stage, Stage.id == StageAssignment.stage_id)
    return HeadType.id.in_(assigned.where(Stage.slug == value))


def _family(_asked: Asked, value: str) -> ColumnElement[bool]:
    return HeadType.id.in_(select(HeadTypeFamily.head_type_id).where(HeadTypeFamily.family == value))


def _paper(asked: Asked, value: str) -> ColumnElement[bool]:
    paper_id = named(asked, id_of, "paper", value, Paper.slug)
    return HeadType.id.in_(select(HeadTypePaper.head_type_id).where(HeadTypePaper.paper_id == paper_id))


def _language_model(asked: Asked, value: str) -> ColumnElement[bool]:
    return _claimed(Finding.language_model_id.in_(named(asked, ids_of_language_model, value)))


def _detector(asked: Asked, value: str) -> ColumnElement[bool]:
    tests = select(DetectorHeadType.head_type_id)
    return HeadType.id.in_(tests.where(DetectorHeadType.detector_id.in_(named(asked, ids_of_detector, value))))


def _verdict(asked: Asked, value: str) -> ColumnElement[bool]:
    return _claimed(is_untested() if value == UNTESTED else latest_is(Verification.verdict == Verdict(value)))


def _words(asked: Asked, value: str) -> ColumnElement[bool]:
    alias = select(HeadTypeAlias.head_type_id).where(holds(asked.session, HeadTypeAlias, value, asked.at))
    return or_(holds(asked.session, HeadType, value, asked.at), HeadType.id.in_(alias))


def _count_of(what: Any) -> Any:
    counted = select(func.count(what)).where(Finding.head_type_id == HeadType.id, published(Finding))
    return counted.correlate(HeadType).scalar_subquery()


HEAD_TYPE_FIELDS: Fields = {
    "slug": SearchField(Kind.TEXT, "Permanent name.", lambda _asked: HeadType.slug),
    "name": SearchField(Kind.NAME, "Slug, accession or any published name.", member=_name),
    "stage": SearchField(
        Kind.CHOICE, "Stage to which any source assigns the type.", member=_stage, choices=tuple(StageName)
    ),
    "origin": SearchField(
        Kind.CHOICE, "Where the catalog first met the type.", lambda _asked: HeadType.origin, choices=tuple(Origin)
    ),
    "tier": SearchField(
        Kind.CHOICE,
        "What a detector of the type needs; absent where no protocol is written down.",
        lambda _asked: HeadType.tier,
        choices=tuple(Tier),
        is_nullable=True,
    ),
    "status": SearchField(Kind.CHOICE, "Standing of the entry.", lambda _asked: HeadType.status, choices=tuple(Status)),
    "family": SearchField(Kind.NAME, "Family in which a source saw the type.", member=_family),
    "paper": SearchField(Kind.NAME, "Slug of a paper that describes the type.", member=_paper),
    "language_model": SearchField(
        Kind.NAME, "Hub id or slug of a model with a head claimed to be of the type.", member=_language_model
    ),
    "detector": SearchField(Kind.NAME, "Slug of a detector that tests for the type.", member=_detector),
    "verdict": SearchField(
        Kind.CHOICE,
        "Latest verdict of any claim of the type, or `untested` for a claim that nobody re-ran.",
        member=_verdict,
        choices=(*Verdict, UNTESTED),
    ),
    "n_findings": SearchField(Kind.WHOLE, "Findings on the type.", lambda _asked: _count_of(Finding.id)),
    "n_language_models": SearchField(
        Kind.WHOLE,
        "Language models with a finding on the type.",
        lambda _asked: _count_of(Finding.language_model_id.distinct()),
    ),
    "text": SearchField(Kind.WORDS, "Words of names, definition, features, task or note.", member=_words),
}
"""Fields of head types."""
