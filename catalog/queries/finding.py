"""Claims: filtered lists, and one claim with every re-run of it."""

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field
from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, contains_eager, joinedload
from sqlalchemy.sql.base import ExecutableOption

from catalog.models import Finding, HeadType, LanguageModel, Method, Paper, StageAssignment, Verification
from catalog.models import Stage as StageRow
from catalog.queries.citable import accession_of, near_accessions, one_entry, select_published
from catalog.queries.head_type import resolve_head_type
from catalog.queries.language_model import ids_of_language_model
from catalog.queries.metric import ids_of_metric
from catalog.queries.names import as_filter, id_of, mentions
from catalog.queries.page import Page, PageRequest, paginate, sort_field
from catalog.vocabulary import Confidence, EntryKind, Polarity, SourceKind, Stage, Status, Unit

UNTESTED = "untested"
"""Filter value for claims that nobody re-ran; no verdict, since such a claim has no verification."""

VerdictFilter = Literal[
    "reproduced", "partially_reproduced", "not_reproduced", "inconclusive", "not_applicable", "error", "untested"
]

SORTS: dict[str, Any] = {
    "accession": Finding.accession,
    "value": Finding.value,
    "layer": Finding.layer,
    "head": Finding.head,
    "language_model": LanguageModel.slug,
    "head_type": HeadType.slug.label("head_type_slug"),
    "verdict": Verification.verdict.label("latest_verdict"),
}


class FindingQuery(PageRequest):
    """Which findings to list."""

    q: str | None = Field(default=None, max_length=200, description="Text in published name, task, locator or note.")
    language_model: str | None = Field(
        default=None, max_length=200, description="Hub id (all revisions) or slug of the language model."
    )
    family: str | None = Field(default=None, max_length=64, description="Family of the language model, as `gpt2`.")
    head_type: str | None = Field(default=None, max_length=128, description="Slug or any published name of a type.")
    circuit_role: str | None = Field(default=None, max_length=64, description="Role in a circuit.")
    stage: Stage | None = Field(
        default=None, description="Recorded with the claim, or assigned to its head type by any source."
    )
    paper: str | None = Field(default=None, max_length=96, description="Slug of the source.")
    layer: int | None = Field(default=None, ge=0, lt=10000, description="Layer, from zero.")
    head: int | None = Field(default=None, ge=0, lt=10000, description="Head of the layer, from zero.")
    unit: Unit | None = Field(default=None, description="What the head index counts.")
    polarity: Polarity | None = Field(default=None, description="Whether the source says is, or is not.")
    method: str | None = Field(default=None, max_length=64, description="Slug of the method.")
    metric: str | None = Field(default=None, max_length=96, description="Slug of the metric.")
    task: str | None = Field(default=None, max_length=200, description="Text in the task.")
    source_kind: SourceKind | None = Field(default=None, description="What was read to record the claim.")
    confidence: Confidence | None = Field(default=None, description="How sure the reading is.")
    status: Status | None = Field(default=None, description="Standing of the entry.")
    verdict: VerdictFilter | None = Field(
        default=None, description="Verdict of the latest verification, or `untested` where there is none."
    )
    value_gte: float | None = Field(default=None, allow_inf_nan=False, description="Smallest published value.")
    value_lte: float | None = Field(default=None, allow_inf_nan=False, description="Largest published value.")
    sort: str = sort_field(SORTS, "accession")


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A claim and what the latest re-run of it gave."""

    finding: Finding
    latest_verification: Verification | None
    """None where nobody re-ran the claim."""


@dataclass(frozen=True, slots=True)
class FindingDetail:
    """One claim with everything that bears on it."""

    finding: Finding
    verifications: list[Verification]
    """All re-runs, latest first."""
    same_head: list[FindingRow]
    """Other claims on the same head of the same language model: they agree, add to it or contradict it."""


def find_findings(session: Session, query: FindingQuery | None = None) -> Page[FindingRow]:
    """Claims that match a query.

    Raises:
        InvalidQueryError: A filter names something that does not exist, or sort or cursor cannot be used.
    """
    query = query or FindingQuery()
    statement = select_finding_rows().where(*_conditions(session, query))
    if query.status != Status.WITHDRAWN:
        statement = statement.where(Finding.status != Status.WITHDRAWN)
    return paginate(
        session, statement, query, sorts=SORTS, key=[Finding.id], read=read_finding_row, options=finding_options()
    )


def get_finding(session: Session, accession: str) -> FindingDetail:
    """One claim by accession.

    Raises:
        InvalidNotationError: The text is no accession of a finding.
        NotFoundError: There is no such finding.
        WithdrawnError: It was withdrawn.
    """
    accession = accession_of(EntryKind.FINDING, accession)
    statement = select(Finding).where(Finding.accession == accession).options(*_loaded_by_join())
    finding = one_entry(
        session, "finding", accession, statement, near=lambda: near_accessions(session, Finding, accession)
    )
    verifications = (
        select_published(Verification)
        .where(Verification.finding_id == finding.id)
        .order_by(Verification.id.desc())
        .options(joinedload(Verification.detector), joinedload(Verification.scan_run))
    )
    same_head = select_finding_rows().where(
        Finding.language_model_id == finding.language_model_id,
        Finding.unit == finding.unit,
        Finding.layer == finding.layer,
        Finding.head == finding.head,
        Finding.id != finding.id,
        Finding.status != Status.WITHDRAWN,
    )
    return FindingDetail(
        finding, list(session.scalars(verifications)), list_finding_rows(session, same_head.order_by(Finding.id))
    )


def select_finding_rows() -> Select[Finding, Verification]:
    """Claims beside their latest verification; other queries add their conditions."""
    # Verifications are appended, so the largest key is the latest re-run.
    latest = (
        select(func.max(Verification.id).label("id"))
        .where(Verification.status != Status.WITHDRAWN)
        .group_by(Verification.finding_id)
        .subquery()
    )
    return (
        select(Finding, Verification)
        .join(Finding.language_model)
        .outerjoin(Finding.head_type)
        .outerjoin(Verification, and_(Verification.finding_id == Finding.id, Verification.id.in_(select(latest.c.id))))
    )


def finding_options() -> list[ExecutableOption]:
    """What a row of `select_finding_rows` loads with it."""
    return [
        contains_eager(Finding.language_model),
        contains_eager(Finding.head_type),
        joinedload(Finding.paper),
        joinedload(Finding.method),
        joinedload(Finding.metric),
        joinedload(Finding.stage),
        joinedload(Finding.head_score_table),
        joinedload(Verification.detector),
        joinedload(Verification.scan_run),
    ]


def list_finding_rows(session: Session, statement: Select[Finding, Verification]) -> list[FindingRow]:
    """All rows of a statement that is short by nature: one head, one circuit."""
    return [read_finding_row(row) for row in session.execute(statement.options(*finding_options()))]


def read_finding_row(row: Any) -> FindingRow:
    """A row of `select_finding_rows`."""
    return FindingRow(row[0], row[1])


def _loaded_by_join() -> list[ExecutableOption]:
    related = ("language_model", "head_type", "paper", "method", "metric", "stage", "head_score_table")
    return [joinedload(getattr(Finding, name)) for name in related]


def _conditions(session: Session, query: FindingQuery) -> list[ColumnElement[bool]]:
    """What the filters ask for."""
    found = [column == value for column, value in _plain_filters(query) if value is not None]
    found += _named_conditions(session, query)
    if query.q is not None:
        found.append(mentions(query.q, Finding.published_name, Finding.task, Finding.locator, Finding.note))
    if query.task is not None:
        found.append(mentions(query.task, Finding.task))
    if query.stage is not None:
        found.append(_in_stage(query.stage))
    if query.confidence is not None:
        found.append(Finding.source_kind.in_([kind for kind in SourceKind if kind.confidence == query.confidence]))
    if query.verdict == UNTESTED:
        found.append(Verification.id.is_(None))
    elif query.verdict is not None:
        found.append(Verification.verdict == query.verdict)
    if query.value_gte is not None:
        found.append(Finding.value >= query.value_gte)
    if query.value_lte is not None:
        found.append(Finding.value <= query.value_lte)
    return found


def _plain_filters(query: FindingQuery) -> list[tuple[InstrumentedAttribute[Any], Any]]:
    return [
        (Finding.circuit_role, query.circuit_role),
        (Finding.layer, query.layer),
        (Finding.head, query.head),
        (Finding.unit, query.unit),
        (Finding.polarity, query.polarity),
        (Finding.source_kind, query.source_kind),
        (Finding.status, query.status),
        (LanguageModel.family, query.family),
    ]


def _named_conditions(session: Session, query: FindingQuery) -> list[ColumnElement[bool]]:
    """Filters that name another record."""
    found: list[ColumnElement[bool]] = []
    if query.language_model is not None:
        ids = as_filter("language_model", ids_of_language_model, session, query.language_model)
        found.append(Finding.language_model_id.in_(ids))
    if query.head_type is not None:
        head_type = as_filter("head_type", resolve_head_type, session, query.head_type)
        found.append(Finding.head_type_id == head_type.id)
    if query.paper is not None:
        found.append(Finding.paper_id == as_filter("paper", id_of, session, "paper", query.paper, Paper.slug))
    if query.method is not None:
        found.append(Finding.method_id == as_filter("method", id_of, session, "method", query.method, Method.slug))
    if query.metric is not None:
        found.append(Finding.metric_id.in_(as_filter("metric", ids_of_metric, session, query.metric)))
    return found


def _in_stage(stage: Stage) -> ColumnElement[bool]:
    wanted = select(StageRow.id).where(StageRow.slug == stage)
    assigned = select(StageAssignment.head_type_id).where(StageAssignment.stage_id.in_(wanted))
    return or_(Finding.stage_id.in_(wanted), Finding.head_type_id.in_(assigned))
