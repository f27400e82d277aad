"""Claims: filtered lists, and one claim with every re-run of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any

from pydantic import Field
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload
from sqlalchemy.sql.base import ExecutableOption

from catalog.models import Detector, EntryVersion, Finding, HeadType, LanguageModel, Verification
from catalog.queries.assessment import AssessmentRow, assess_keys
from catalog.queries.citable import accession_of, near_accessions, one_entry, select_published
from catalog.queries.finding_filters import AS_OF, FindingFilters, VerdictFilter, conditions_of
from catalog.queries.latest import latest_id, latest_value
from catalog.queries.moment import end_of
from catalog.queries.page import INCLUDE_DESCRIPTION, Page, PageRequest, paginate, sort_field
from catalog.queries.search.finding_fields import UNTESTED
from catalog.vocabulary import EntryKind, Maturity, Status, Unit

__all__ = ["UNTESTED", "VerdictFilter"]

SORTS: dict[str, Any] = {
    "accession": Finding.accession,
    "value": Finding.value,
    "layer": Finding.layer,
    "head": Finding.head,
    "language_model": LanguageModel.slug,
    "head_type": HeadType.slug.label("head_type_slug"),
    "verdict": Finding.latest_verdict,
}


class FindingQuery(FindingFilters):
    """Which findings to list."""

    as_of: date | None = Field(default=None, description=AS_OF)
    include: str | None = Field(default=None, max_length=200, description=INCLUDE_DESCRIPTION)
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
    assessment: AssessmentRow | None
    """What all claims and re-runs say of this head and type; None where a role in a circuit is claimed."""
    same_head: list[FindingRow]
    """Other claims on the same head of the same language model: they agree, add to it or contradict it."""

    @property
    def latest(self) -> Verification | None:
        """The latest re-run that counts: its detector was not found faulty."""
        return next((each for each in self.verifications if each.detector.maturity != Maturity.FAULTY), None)


def find_findings(session: Session, query: FindingQuery | None = None) -> Page[FindingRow]:
    """Claims that match a query.

    Raises:
        InvalidQueryError: A filter names something that does not exist, or sort or cursor cannot be used.
    """
    query = query or FindingQuery()
    page = find_finding_ids(session, query)
    return Page(load_finding_rows(session, page.items, end_of_day(query.as_of)), page.next_cursor, page.total)


def find_finding_ids(session: Session, query: FindingQuery) -> Page[int]:
    """Keys of the claims that match a query, for whoever loads them in another way.

    Raises:
        InvalidQueryError: A filter names something that does not exist, or sort or cursor cannot be used.
    """
    conditions = conditions_of(session, query, end_of_day(query.as_of))
    if query.as_of is not None:
        conditions.append(_was_frozen(end_of(query.as_of)))
    return page_of_ids(session, query, conditions, as_of=end_of_day(query.as_of))


def page_of_ids(
    session: Session, query: PageRequest, conditions: Sequence[ColumnElement[bool]], as_of: datetime | None = None
) -> Page[int]:
    """Keys of the claims that meet conditions, in the order of a request.

    Raises:
        InvalidQueryError: Sort or cursor cannot be used.
    """
    statement = select(Finding.id).where(*conditions)
    # Only an order by another table's column needs that table.
    sort = getattr(query, "sort", "").removeprefix("-")
    if sort == "language_model":
        # Where nothing narrows the list, the sum keeps the planner from looking up the model of each finding and
        # sorting them all: it walks the models in their order, finds the findings of each by index, and stops early.
        key = LanguageModel.id + 0 if len(conditions) <= 1 else LanguageModel.id
        statement = statement.join(LanguageModel, key == Finding.language_model_id)
    elif sort == "head_type":
        statement = statement.outerjoin(Finding.head_type)
    sorts = SORTS if as_of is None else SORTS | {"verdict": latest_value(Verification.verdict, as_of).label("verdict")}
    return paginate(session, statement, query, sorts=sorts, key=[Finding.id], read=lambda row: row[0])


def end_of_day(day: date | None) -> datetime | None:
    """The moment up to which a day counts; None where none is given."""
    return None if day is None else end_of(day)


def _was_frozen(as_of: datetime) -> ColumnElement[bool]:
    known = select(EntryVersion.accession).where(
        EntryVersion.kind == EntryKind.FINDING, EntryVersion.created_at <= as_of
    )
    return Finding.accession.in_(known)


def versions_as_of(session: Session, accessions: Sequence[str], as_of: datetime) -> dict[str, int]:
    """Version of each entry that stood at a moment."""
    statement = (
        select(EntryVersion.accession, func.max(EntryVersion.version))
        .where(EntryVersion.accession.in_(accessions), EntryVersion.created_at <= as_of)
        .group_by(EntryVersion.accession)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def load_finding_rows(session: Session, ids: Sequence[int], as_of: datetime | None = None) -> list[FindingRow]:
    """Claims by their keys, in the order of these."""
    if not ids:
        return []
    rows = list_finding_rows(session, select_finding_rows(as_of).where(Finding.id.in_(ids)))
    by_id = {row.finding.id: row for row in rows}
    return [by_id[each] for each in ids]


def get_finding(session: Session, accession: str) -> FindingDetail:
    """One claim by accession.

    Raises:
        InvalidNotationError: The text is no accession of a finding.
        NotFoundError: There is no such finding.
        WithdrawnError: It was withdrawn.
    """
    accession = accession_of(EntryKind.FINDING, accession)
    statement = _with_records().where(Finding.accession == accession)
    finding = one_entry(
        session, "finding", accession, statement, near=lambda: near_accessions(session, Finding, accession)
    )
    verifications = _verifications().where(Verification.finding_id == finding.id).order_by(Verification.id.desc())
    same_head = select_finding_rows().where(
        Finding.language_model_id == finding.language_model_id,
        Finding.unit == finding.unit,
        Finding.layer == finding.layer,
        Finding.head == finding.head,
        func.coalesce(Finding.group_heads, "") == (finding.group_heads or ""),
        Finding.id != finding.id,
        Finding.status != Status.WITHDRAWN,
    )
    return FindingDetail(
        finding,
        list(session.scalars(verifications)),
        _assessment(session, finding),
        list_finding_rows(session, same_head.order_by(Finding.id)),
    )


def _assessment(session: Session, finding: Finding) -> AssessmentRow | None:
    if finding.head_type_id is None or finding.unit == Unit.HEAD_GROUP:
        return None
    place = (finding.language_model_id, str(finding.unit), finding.layer, finding.head, finding.head_type_id)
    return assess_keys(session, [place])[0]


# Building a statement takes longer than running it. Statements are never changed, so that one can serve all requests;
# those of a day in the past are as many as readers ask for, and only some are kept.
@lru_cache(maxsize=16)
def select_finding_rows(as_of: datetime | None = None) -> Select[Finding, Verification]:
    """Claims beside their latest verification; other queries add their conditions."""
    return (
        select(Finding, Verification)
        .join(Finding.language_model)
        .outerjoin(Finding.head_type)
        .outerjoin(Verification, Verification.id == latest_id(as_of))
    )


@cache
def _with_records() -> Select[Finding]:
    return select(Finding).options(joinedload(Finding.language_model), joinedload(Finding.head_type), *_named())


@cache
def _verifications() -> Select[Verification]:
    detector = joinedload(Verification.detector).options(
        joinedload(Detector.metric), selectinload(Detector.error_rates), selectinload(Detector.events)
    )
    return select_published(Verification).options(detector, joinedload(Verification.scan_run))


def _named() -> list[ExecutableOption]:
    """Loads the records that a finding names beside its language model and head type."""
    names = ("paper", "method", "metric", "stage", "head_score_table")
    return [joinedload(getattr(Finding, name)) for name in names]


@cache
def _finding_options() -> tuple[ExecutableOption, ...]:
    """What a row of `select_finding_rows` loads with it."""
    return (
        contains_eager(Finding.language_model),
        contains_eager(Finding.head_type),
        *_named(),
        joinedload(Verification.detector),
        joinedload(Verification.scan_run),
    )


def list_finding_rows(session: Session, statement: Select[Finding, Verification]) -> list[FindingRow]:
    """All rows of a statement that is short by nature: one head, one circuit."""
    return [read_finding_row(row) for row in session.execute(statement.options(*_finding_options()))]


def read_finding_row(row: Any) -> FindingRow:
    """A row of `select_finding_rows`."""
    return FindingRow(row[0], row[1])
