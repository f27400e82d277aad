"""Kinds of head: lists, one kind with all that is known of it, and the way from any published name to its kind."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from catalog.errors import AmbiguousNameError, NotFoundError
from catalog.models import (
    Benchmark,
    BenchmarkHeadType,
    CrosswalkMatch,
    Detector,
    DetectorHeadType,
    ExternalTaxonomyEntry,
    Finding,
    HeadType,
    HeadTypeAlias,
    HeadTypeFamily,
    HeadTypePaper,
    HeadTypeRelation,
    LanguageModel,
    Mechanism,
    MechanismStep,
    MechanismStepHeadType,
    StageAssignment,
)
from catalog.models import Stage as StageRow
from catalog.notation import normalise_name
from catalog.queries.citable import published, standing
from catalog.queries.language_model import count_verdicts
from catalog.queries.names import near_names
from catalog.queries.page import Page, PageRequest, paginate, sort_field
from catalog.vocabulary import Origin, Stage, Status, Tier, Verdict

SORTS: dict[str, Any] = {"slug": HeadType.slug, "name": HeadType.name, "accession": HeadType.accession}


class HeadTypeQuery(PageRequest):
    """Which head types to list."""

    q: str | None = Field(default=None, max_length=200, description="Text in slug, name or any published alias.")
    stage: Stage | None = Field(default=None, description="Stage to which any source assigns the type.")
    origin: Origin | None = Field(default=None, description="Where the catalog first met the type.")
    tier: Tier | None = Field(default=None, description="What a detector of the type needs.")
    family: str | None = Field(default=None, max_length=32, description="Family in which a source saw the type.")
    has_findings: bool | None = Field(default=None, description="Whether any head was claimed to be of the type.")
    sort: str = sort_field(SORTS, "slug")


@dataclass(frozen=True, slots=True)
class HeadTypeRow:
    """A head type in a list."""

    head_type: HeadType
    assignments: list[StageAssignment]
    """Which source puts it into which stage; they may disagree."""
    n_findings: int
    n_language_models: int


@dataclass(frozen=True, slots=True)
class HeadTypeDetail:
    """One head type with everything that its page shows."""

    head_type: HeadType
    assignments: list[StageAssignment]
    benchmarks: list[Benchmark]
    crosswalk: list[CrosswalkMatch]
    mechanisms: list[Mechanism]
    detectors: list[Detector]
    n_findings: int
    findings_by_language_model: list[tuple[LanguageModel, int]]
    verdicts: dict[Verdict, int]
    """Latest verdict of each verified finding, counted."""


def find_head_types(session: Session, query: HeadTypeQuery | None = None) -> Page[HeadTypeRow]:
    """Head types that match a query.

    Raises:
        InvalidQueryError: Sort or cursor cannot be used.
    """
    query = query or HeadTypeQuery()
    conditions = [published(HeadType), *_conditions(query, _count_of(Finding.id))]
    return find_head_types_where(session, query, conditions)


def find_head_types_where(
    session: Session, query: PageRequest, conditions: Sequence[ColumnElement[bool]]
) -> Page[HeadTypeRow]:
    """Head types that meet conditions.

    Raises:
        InvalidQueryError: Sort or cursor cannot be used.
    """
    n_findings, n_language_models = _count_of(Finding.id), _count_of(Finding.language_model_id.distinct())
    statement = select(HeadType, n_findings, n_language_models).where(*conditions)
    page = paginate(
        session,
        statement,
        query,
        sorts=SORTS,
        key=[HeadType.id],
        read=lambda row: (row[0], row[1], row[2]),
        options=[selectinload(HeadType.aliases)],
    )
    by_type = _assignments(session, [head_type.id for head_type, _, _ in page.items])
    rows = [HeadTypeRow(found, by_type[found.id], n, models) for found, n, models in page.items]
    return Page(rows, page.next_cursor, page.total)


def get_head_type(session: Session, slug: str) -> HeadTypeDetail:
    """One head type by slug or accession; other names go through `resolve_head_type`.

    Raises:
        NotFoundError: No head type has this slug; near slugs and aliases are given.
        WithdrawnError: It was withdrawn.
    """
    options = (
        selectinload(HeadType.aliases),
        selectinload(HeadType.layer_ranges),
        selectinload(HeadType.papers).joinedload(HeadTypePaper.paper),
        selectinload(HeadType.families),
        selectinload(HeadType.relations).joinedload(HeadTypeRelation.target),
        selectinload(HeadType.incoming_relations).joinedload(HeadTypeRelation.source),
    )
    found = session.scalar(
        select(HeadType).where(or_(HeadType.slug == slug, HeadType.accession == slug)).options(*options)
    )
    if found is None:
        raise _unknown(session, slug)
    standing(found)
    by_model = _findings_by_language_model(session, found)
    return HeadTypeDetail(
        head_type=found,
        assignments=_assignments(session, [found.id])[found.id],
        benchmarks=_benchmarks(session, found),
        crosswalk=_crosswalk(session, found),
        mechanisms=_mechanisms(session, found),
        detectors=_detectors(session, found),
        n_findings=sum(n for _, n in by_model),
        findings_by_language_model=by_model,
        verdicts=count_verdicts(session, Finding.head_type_id == found.id),
    )


def resolve_head_type(session: Session, name: str) -> HeadType:
    """The head type that a name means: its slug, its accession, or any published name however it is spelled.

    Raises:
        NotFoundError: Nothing is called so; near slugs and aliases are given.
        AmbiguousNameError: The literature uses the name for several types.
    """
    normalised = normalise_name(name)
    exact = session.scalar(
        select(HeadType).where(or_(HeadType.slug == name, HeadType.slug == normalised, HeadType.accession == name))
    )
    if exact is not None:
        return standing(exact)
    alias = select(HeadTypeAlias.head_type_id).where(HeadTypeAlias.normalised == normalised)
    found = session.scalars(
        select(HeadType).where(HeadType.id.in_(alias), published(HeadType)).order_by(HeadType.slug)
    ).all()
    if len(found) > 1:
        raise AmbiguousNameError("head type", name, [each.slug for each in found])
    if not found:
        raise _unknown(session, name)
    return found[0]


def _unknown(session: Session, name: str) -> NotFoundError:
    # A near alias is answered with the slug behind it: that is what can be asked for next.
    slugs = {slug: slug for slug in session.scalars(select(HeadType.slug).where(published(HeadType)))}
    aliases = session.execute(
        select(HeadTypeAlias.normalised, HeadType.slug)
        .join(HeadType, HeadType.id == HeadTypeAlias.head_type_id)
        .where(published(HeadType))
    )
    known: dict[str, str] = {alias: slug for alias, slug in aliases} | slugs  # noqa: C416 - rows are no pairs to mypy
    near = [known[each] for each in near_names(normalise_name(name), known)]
    return NotFoundError("head type", name, list(dict.fromkeys(near)))


def _count_of(what: Any) -> Any:
    counted = select(func.count(what)).where(Finding.head_type_id == HeadType.id, Finding.status != Status.WITHDRAWN)
    return counted.correlate(HeadType).scalar_subquery()


def _conditions(query: HeadTypeQuery, n_findings: ColumnElement[int]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if query.origin is not None:
        found.append(HeadType.origin == query.origin)
    if query.tier is not None:
        found.append(HeadType.tier == query.tier)
    if query.stage is not None:
        assigned = select(StageAssignment.head_type_id).join(StageAssignment.stage)
        found.append(HeadType.id.in_(assigned.where(StageRow.slug == query.stage)))
    if query.family is not None:
        seen = select(HeadTypeFamily.head_type_id).where(HeadTypeFamily.family == query.family)
        found.append(HeadType.id.in_(seen))
    if query.has_findings is not None:
        found.append(n_findings > 0 if query.has_findings else n_findings == 0)
    if query.q is not None:
        found.append(_called(query.q))
    return found


def _called(text: str) -> ColumnElement[bool]:
    normalised = normalise_name(text)
    terms = [HeadTypeAlias.name.icontains(text, autoescape=True)]
    slugs = [HeadType.slug.icontains(text, autoescape=True), HeadType.name.icontains(text, autoescape=True)]
    if normalised:
        terms.append(HeadTypeAlias.normalised.contains(normalised, autoescape=True))
        slugs.append(HeadType.slug.contains(normalised, autoescape=True))
    return or_(*slugs, HeadType.id.in_(select(HeadTypeAlias.head_type_id).where(or_(*terms))))


def _assignments(session: Session, head_type_ids: Sequence[int]) -> dict[int, list[StageAssignment]]:
    statement = (
        select(StageAssignment)
        .join(StageAssignment.stage)
        .where(StageAssignment.head_type_id.in_(head_type_ids))
        .order_by(StageRow.position, StageAssignment.id)
        .options(
            joinedload(StageAssignment.stage),
            joinedload(StageAssignment.stage_function),
            joinedload(StageAssignment.paper),
            joinedload(StageAssignment.head_type),
        )
    )
    found: dict[int, list[StageAssignment]] = defaultdict(list)
    for assignment in session.scalars(statement):
        found[assignment.head_type_id].append(assignment)
    return found


def _findings_by_language_model(session: Session, head_type: HeadType) -> list[tuple[LanguageModel, int]]:
    counted = func.count(Finding.id)
    statement = (
        select(LanguageModel, counted)
        .join(Finding, Finding.language_model_id == LanguageModel.id)
        .where(Finding.head_type_id == head_type.id, Finding.status != Status.WITHDRAWN)
        .group_by(LanguageModel.id)
        .order_by(counted.desc(), LanguageModel.slug)
    )
    return [(row[0], row[1]) for row in session.execute(statement)]


def _benchmarks(session: Session, head_type: HeadType) -> list[Benchmark]:
    used = select(BenchmarkHeadType.benchmark_id).where(BenchmarkHeadType.head_type_id == head_type.id)
    statement = select(Benchmark).where(Benchmark.id.in_(used)).order_by(Benchmark.slug)
    return list(session.scalars(statement.options(joinedload(Benchmark.paper))))


def _crosswalk(session: Session, head_type: HeadType) -> list[CrosswalkMatch]:
    statement = (
        select(CrosswalkMatch)
        .join(CrosswalkMatch.entry)
        .where(CrosswalkMatch.head_type_id == head_type.id)
        .order_by(ExternalTaxonomyEntry.slug)
        .options(joinedload(CrosswalkMatch.entry), joinedload(CrosswalkMatch.head_type))
    )
    return list(session.scalars(statement))


def _mechanisms(session: Session, head_type: HeadType) -> list[Mechanism]:
    steps = (
        select(MechanismStep.mechanism_id)
        .join(MechanismStepHeadType, MechanismStepHeadType.step_id == MechanismStep.id)
        .where(MechanismStepHeadType.head_type_id == head_type.id)
    )
    return list(session.scalars(select(Mechanism).where(Mechanism.id.in_(steps)).order_by(Mechanism.slug)))


def _detectors(session: Session, head_type: HeadType) -> list[Detector]:
    tests = select(DetectorHeadType.detector_id).where(DetectorHeadType.head_type_id == head_type.id)
    statement = (
        select(Detector)
        .where(Detector.id.in_(tests))
        .order_by(Detector.slug, Detector.version.desc())
        .options(joinedload(Detector.metric), joinedload(Detector.paper), selectinload(Detector.error_rates))
    )
    return list(session.scalars(statement))
