"""One head of one language model: every claim, verdict and number about it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, tuple_
from sqlalchemy.orm import Session, joinedload

from catalog.errors import NotFoundError
from catalog.models import Finding, LanguageModel, Verification
from catalog.notation import HeadRef
from catalog.queries.assessment import AssessmentRow, assess_head
from catalog.queries.circuit import CircuitMembership, find_memberships
from catalog.queries.citable import select_published
from catalog.queries.finding import FindingRow, list_finding_rows, select_finding_rows
from catalog.queries.finding_filters import FindingFilters, conditions_of
from catalog.queries.head_score import RankedScore, find_scores_of_head
from catalog.queries.language_model import resolve_language_model
from catalog.queries.page import Page, PageRequest, paginate, sort_field
from catalog.vocabulary import Status, Unit


@dataclass(frozen=True, slots=True)
class HeadDetail:
    """One head with all that the catalog knows of it."""

    language_model: LanguageModel
    head: HeadRef
    kv_group: int | None
    """Key-value group that serves the head; None where the language model's grouping is not recorded."""
    findings: list[FindingRow]
    """Claims on this query head and on its key-value group; `unit` tells them apart."""
    assessments: list[AssessmentRow]
    """What all claims and re-runs say, head type by head type; of the head, then of its key-value group."""
    verifications: list[Verification]
    """Every re-run of these claims, latest first."""
    scores: list[RankedScore]
    circuits: list[CircuitMembership]


HEAD_SORTS: dict[str, Any] = {
    "language_model": Finding.language_model_id,
    "layer": Finding.layer,
    "head": Finding.head,
}


class HeadQuery(FindingFilters):
    """Which heads to list, by the claims on them."""

    sort: str = sort_field(HEAD_SORTS, "language_model")


@dataclass(frozen=True, slots=True)
class HeadRow:
    """A head on which something is claimed."""

    language_model: LanguageModel
    unit: Unit
    head: HeadRef
    findings: list[FindingRow]
    """The claims on it that meet the query, each with its latest re-run."""


def find_heads(session: Session, query: HeadQuery | None = None) -> Page[HeadRow]:
    """Heads on which something is claimed that matches a query.

    Raises:
        InvalidQueryError: A filter names something that does not exist, or sort or cursor cannot be used.
    """
    query = query or HeadQuery()
    return find_heads_where(session, query, conditions_of(session, query))


def find_heads_where(session: Session, query: PageRequest, conditions: Sequence[ColumnElement[bool]]) -> Page[HeadRow]:
    """Heads with a claim that meets conditions.

    Raises:
        InvalidQueryError: Sort or cursor cannot be used.
    """
    key = (Finding.language_model_id, Finding.layer, Finding.head, Finding.unit)
    # A claim on several heads together is about none of them alone.
    conditions = [*conditions, Finding.unit != Unit.HEAD_GROUP]
    statement = select(*key).where(*conditions).distinct()
    page = paginate(
        session, statement, query, sorts=HEAD_SORTS, key=key, read=lambda row: (row[0], row[1], row[2], row[3])
    )
    if not page.items:
        return Page([], None, page.total)
    on_these = tuple_(*key).in_(page.items)
    rows = list_finding_rows(session, select_finding_rows().where(on_these, *conditions).order_by(Finding.id))
    claims: dict[tuple[int, int, int, str], list[FindingRow]] = defaultdict(list)
    for row in rows:
        found = row.finding
        claims[found.language_model_id, found.layer, found.head, found.unit].append(row)
    items = [
        HeadRow(claims[place][0].finding.language_model, Unit(place[3]), HeadRef(place[1], place[2]), claims[place])
        for place in page.items
    ]
    return Page(items, page.next_cursor, page.total)


def get_head(session: Session, language_model: str, head: HeadRef) -> HeadDetail:
    """One head of a language model named by slug or hub id.

    Raises:
        NotFoundError: There is no such language model, or it has no such head.
        AmbiguousNameError: Several revisions have this hub id, and none of them this slug.
    """
    found = resolve_language_model(session, language_model)
    require_head(found, head)
    group = head.kv_group(found.n_heads, found.n_kv_heads) if found.n_kv_heads else None
    on_head = and_(Finding.language_model_id == found.id, Finding.layer == head.layer, _unit(head, group))
    claims = select_finding_rows().where(on_head, Finding.status != Status.WITHDRAWN).order_by(Finding.id)
    reruns = (
        select_published(Verification)
        .join(Verification.finding)
        .where(on_head)
        .order_by(Verification.id.desc())
        .options(
            joinedload(Verification.detector),
            joinedload(Verification.scan_run),
            joinedload(Verification.finding).options(
                joinedload(Finding.language_model), joinedload(Finding.head_type), joinedload(Finding.paper)
            ),
        )
    )
    return HeadDetail(
        language_model=found,
        head=head,
        kv_group=group,
        findings=list_finding_rows(session, claims),
        assessments=[
            row
            for unit, number in ((Unit.QUERY_HEAD, head.head), (Unit.KV_GROUP, group))
            if number is not None
            for row in assess_head(session, found, unit, HeadRef(head.layer, number))
        ],
        verifications=list(session.scalars(reruns)),
        scores=find_scores_of_head(session, found, head),
        circuits=find_memberships(session, found, head),
    )


def require_head(language_model: LanguageModel, head: HeadRef) -> None:
    """Refuse a head that the language model does not have.

    Raises:
        NotFoundError: The head is out of range; the message states the shape.
    """
    if head.layer >= language_model.n_layers or head.head >= language_model.n_heads:
        shape = f"{language_model.n_layers} layers of {language_model.n_heads} heads, both counted from zero"
        raise NotFoundError(f"head of {language_model.slug} ({shape})", str(head))


def _unit(head: HeadRef, group: int | None) -> ColumnElement[bool]:
    is_query_head = and_(Finding.unit == Unit.QUERY_HEAD, Finding.head == head.head)
    if group is None:
        return is_query_head
    return or_(is_query_head, and_(Finding.unit == Unit.KV_GROUP, Finding.head == group))
