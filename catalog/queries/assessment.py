"""What the catalog says of heads and head types, computed from all claims and re-runs when it is asked for."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field
from sqlalchemy import ColumnElement, Select, select, tuple_
from sqlalchemy.orm import Session

from catalog.assessment.assess import Assessment, assess
from catalog.assessment.evidence import ClaimEvidence, RerunEvidence
from catalog.models import Detector, Finding, HeadType, LanguageModel, Paper, ScanRun, Verification
from catalog.notation import HeadRef
from catalog.queries.citable import published
from catalog.queries.head_type import resolve_head_type
from catalog.queries.language_model import ids_of_language_model
from catalog.queries.names import as_filter
from catalog.queries.page import Page, PageRequest, paginate, sort_field
from catalog.vocabulary import Maturity, Outcome, Polarity, Unit, Verdict

_KEY = (Finding.language_model_id, Finding.unit, Finding.layer, Finding.head, Finding.head_type_id)
_CAUSE_GRADE = 3
"""The grade that the record of a single run has where it measured a cause: see `ingest/grade.py`."""
_WALKED_AT_ONCE = 500
SORTS: dict[str, Any] = {
    "language_model": Finding.language_model_id,
    "head_type": Finding.head_type_id,
    "layer": Finding.layer,
}
Key = tuple[int, str, int, int, int]


class AssessmentQuery(PageRequest):
    """Which assessments to list."""

    language_model: str | None = Field(
        default=None, max_length=200, description="Hub id (all revisions) or slug of the language model."
    )
    head_type: str | None = Field(default=None, max_length=128, description="Slug or any published name of a type.")
    layer: int | None = Field(default=None, ge=0, lt=10000, description="Layer, from zero.")
    head: int | None = Field(default=None, ge=0, lt=10000, description="Head of the layer, from zero.")
    unit: Unit | None = Field(default=None, description="What the head index counts.")
    outcome: Outcome | None = Field(default=None, description="What claims and re-runs say together.")
    grade_gte: int | None = Field(
        default=None, ge=0, le=4, description="Lowest evidence grade of all re-runs together."
    )
    sort: str = sort_field(SORTS, "language_model")


@dataclass(frozen=True, slots=True)
class AssessmentRow:
    """An assessment with what it is about."""

    language_model: LanguageModel
    unit: Unit
    head: HeadRef
    head_type: HeadType
    assessment: Assessment


def find_assessments(session: Session, query: AssessmentQuery | None = None) -> Page[AssessmentRow]:
    """What is said of heads and head types on which something is claimed.

    Outcome and grade are computed, so that a page that asks for one of them may hold fewer items than its limit; only
    the last page has no cursor.

    Raises:
        InvalidQueryError: A filter names something that does not exist, or sort or cursor cannot be used.
    """
    query = query or AssessmentQuery()
    statement = _keys(session, query)
    if query.outcome is None and not query.grade_gte:
        page = _page(session, statement, query)
        return Page(assess_keys(session, page.items), page.next_cursor, page.total)
    total = sum(1 for _ in _walk(session, statement, query)) if query.total else None
    asked = query.model_copy(update={"total": False})
    while True:
        page = _page(session, statement, asked)
        found = [row for row in assess_keys(session, page.items) if _is_asked(row.assessment, query)]
        if found or page.next_cursor is None:
            return Page(found, page.next_cursor, total)
        asked = asked.model_copy(update={"cursor": page.next_cursor})


def assess_head(
    session: Session, language_model: LanguageModel, unit: Unit, head: HeadRef, head_type_id: int | None = None
) -> list[AssessmentRow]:
    """What is said of one head, or key-value group: of one head type where it is named, else of each."""
    conditions = [
        Finding.language_model_id == language_model.id,
        Finding.unit == unit,
        Finding.layer == head.layer,
        Finding.head == head.head,
    ]
    if head_type_id is not None:
        conditions.append(Finding.head_type_id == head_type_id)
    rows = session.execute(_standing().where(*conditions).order_by(Finding.head_type_id))
    return assess_keys(session, [_key(row) for row in rows])


def assess_keys(session: Session, keys: Sequence[Key]) -> list[AssessmentRow]:
    """Assessments in the order of their keys."""
    if not keys:
        return []
    on_these = tuple_(*_KEY).in_(keys)
    claims: dict[Key, list[ClaimEvidence]] = defaultdict(list)
    for row in session.execute(_claims().where(on_these).order_by(Finding.id)):
        claims[_key(row)].append(ClaimEvidence(row.accession, Polarity(row.polarity), row.paper))
    reruns: dict[Key, list[RerunEvidence]] = defaultdict(list)
    for row in session.execute(_reruns().where(on_these).order_by(Verification.id)):
        reruns[_key(row)].append(_rerun(row))
    models = _by_id(session, LanguageModel, {key[0] for key in keys})
    types = _by_id(session, HeadType, {key[4] for key in keys})
    return [
        AssessmentRow(
            models[key[0]], Unit(key[1]), HeadRef(key[2], key[3]), types[key[4]], assess(claims[key], reruns[key])
        )
        for key in keys
    ]


def _is_asked(assessment: Assessment, query: AssessmentQuery) -> bool:
    is_outcome = query.outcome is None or assessment.outcome is query.outcome
    return is_outcome and assessment.grade >= (query.grade_gte or 0)


def _walk(session: Session, statement: Select[Any], query: AssessmentQuery) -> Iterator[AssessmentRow]:
    asked = query.model_copy(update={"total": False, "cursor": None, "limit": _WALKED_AT_ONCE})
    while True:
        page = _page(session, statement, asked)
        yield from (row for row in assess_keys(session, page.items) if _is_asked(row.assessment, query))
        if page.next_cursor is None:
            return
        asked = asked.model_copy(update={"cursor": page.next_cursor})


def _page(session: Session, statement: Select[Any], query: AssessmentQuery) -> Page[Key]:
    return paginate(session, statement, query, sorts=SORTS, key=_KEY, read=_key)


def _key(row: Any) -> Key:
    return (row[0], str(row[1]), row[2], row[3], row[4])


def _standing() -> Any:
    # What heads do together says nothing of each of them.
    is_one = Finding.unit != Unit.HEAD_GROUP
    return select(*_KEY).where(published(Finding), is_one, Finding.head_type_id.is_not(None)).distinct()


def _keys(session: Session, query: AssessmentQuery) -> Any:
    found: list[ColumnElement[bool]] = [
        column == value
        for column, value in (
            (Finding.layer, query.layer),
            (Finding.head, query.head),
            (Finding.unit, query.unit),
        )
        if value is not None
    ]
    if query.language_model is not None:
        ids = as_filter("language_model", ids_of_language_model, session, query.language_model)
        found.append(Finding.language_model_id.in_(ids))
    if query.head_type is not None:
        found.append(Finding.head_type_id == as_filter("head_type", resolve_head_type, session, query.head_type).id)
    needs_rerun = (Outcome.IS, Outcome.IS_IN_PART, Outcome.IS_NOT, Outcome.UNDECIDED)
    if query.outcome in needs_rerun or query.grade_gte:
        # Claims that were re-run are few: the others need not be looked at.
        found.append(Finding.latest_verdict.is_not(None))
    return _standing().where(*found)


def _claims() -> Any:
    return (
        select(*_KEY, Finding.accession, Finding.polarity, Paper.slug.label("paper"))
        .join(Paper, Paper.id == Finding.paper_id)
        .where(published(Finding))
    )


def _reruns() -> Any:
    own = ("accession", "verdict", "grade", "broad_verdict", "broad_share", "signer")
    return (
        select(
            *_KEY,
            Finding.accession.label("claim"),
            Finding.polarity,
            *(getattr(Verification, name) for name in own),
            Detector.slug.label("detector"),
            Detector.version.label("detector_version"),
            Detector.maturity,
            LanguageModel.slug.label("measured_on"),
        )
        .select_from(Verification)
        .join(Finding, Finding.id == Verification.finding_id)
        .join(Detector, Detector.id == Verification.detector_id)
        .join(ScanRun, ScanRun.id == Verification.scan_run_id)
        .join(LanguageModel, LanguageModel.id == ScanRun.language_model_id)
        .where(published(Verification), published(Finding))
    )


def _rerun(row: Any) -> RerunEvidence:
    return RerunEvidence(
        accession=row.accession,
        claim=row.claim,
        polarity=Polarity(row.polarity),
        verdict=Verdict(row.verdict),
        broad_verdict=None if row.broad_verdict is None else Verdict(row.broad_verdict),
        broad_share=row.broad_share,
        has_cause=row.grade >= _CAUSE_GRADE,
        detector=row.detector,
        detector_version=row.detector_version,
        maturity=Maturity(row.maturity),
        signer=row.signer,
        measured_on=row.measured_on,
    )


def _by_id(session: Session, model: Any, ids: set[int]) -> dict[int, Any]:
    return {row.id: row for row in session.scalars(select(model).where(model.id.in_(ids)))}
