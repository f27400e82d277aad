"""The networks under study: which there are, and what the catalog knows of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, joinedload

from catalog.errors import AmbiguousNameError, NotFoundError
from catalog.models import Circuit, Finding, HeadScoreTable, HeadType, LanguageModel, ScanRun, Verification
from catalog.queries.citable import select_published
from catalog.queries.latest import counted
from catalog.queries.names import mentions, near_names
from catalog.queries.page import Page, PageRequest, paginate, sort_field
from catalog.queries.table_options import table_options
from catalog.vocabulary import Status, Verdict

SORTS: dict[str, Any] = {
    "slug": LanguageModel.slug,
    "name": LanguageModel.name,
    "family": LanguageModel.family,
    "n_layers": LanguageModel.n_layers,
    "n_heads": LanguageModel.n_heads,
}


class LanguageModelQuery(PageRequest):
    """Which language models to list."""

    q: str | None = Field(default=None, max_length=200, description="Text in slug, hub id or name.")
    family: str | None = Field(default=None, max_length=64, description="Family, as `gpt2`.")
    architecture: str | None = Field(default=None, max_length=64, description="`model_type` of its configuration.")
    hub_id: str | None = Field(default=None, max_length=128, description="Hub id, exactly.")
    n_layers: int | None = Field(default=None, ge=1, lt=10000, description="Number of layers.")
    n_heads: int | None = Field(default=None, ge=1, lt=10000, description="Query heads of a layer.")
    has_findings: bool | None = Field(default=None, description="Whether any source claims something of its heads.")
    has_scores: bool | None = Field(default=None, description="Whether there is a table of scores of its heads.")
    sort: str = sort_field(SORTS, "slug")


@dataclass(frozen=True, slots=True)
class LanguageModelRow:
    """A language model in a list."""

    language_model: LanguageModel
    n_findings: int
    n_head_score_tables: int


@dataclass(frozen=True, slots=True)
class LanguageModelDetail:
    """One language model with what is known of it."""

    language_model: LanguageModel
    base_model: LanguageModel | None
    other_revisions: list[LanguageModel]
    n_findings: int
    findings_by_head_type: list[tuple[HeadType, int]]
    verdicts: dict[Verdict, int]
    """Latest verdict of each verified finding, counted."""
    head_score_tables: list[HeadScoreTable]
    circuits: list[Circuit]
    scan_runs: list[ScanRun]


def find_language_models(session: Session, query: LanguageModelQuery | None = None) -> Page[LanguageModelRow]:
    """Language models that match a query.

    Raises:
        InvalidQueryError: Sort or cursor cannot be used.
    """
    query = query or LanguageModelQuery()
    n_findings, n_tables = _n_findings(), _n_head_score_tables()
    statement = select(LanguageModel, n_findings, n_tables).where(*_conditions(query, n_findings, n_tables))
    return paginate(
        session,
        statement,
        query,
        sorts=SORTS,
        key=[LanguageModel.id],
        read=lambda row: LanguageModelRow(row[0], row[1], row[2]),
    )


def get_language_model(session: Session, name: str) -> LanguageModelDetail:
    """One language model by slug or hub id.

    Raises:
        NotFoundError: There is no such language model.
        AmbiguousNameError: Several revisions have this hub id, and none of them this slug.
    """
    found = resolve_language_model(session, name)
    siblings = select(LanguageModel).where(LanguageModel.hub_id == found.hub_id, LanguageModel.id != found.id)
    by_type = findings_by_head_type(session, Finding.language_model_id == found.id)
    return LanguageModelDetail(
        language_model=found,
        base_model=session.get(LanguageModel, found.base_model_id) if found.base_model_id else None,
        other_revisions=list(session.scalars(siblings.order_by(LanguageModel.slug))),
        n_findings=session.scalar(select(_n_findings()).where(LanguageModel.id == found.id)) or 0,
        findings_by_head_type=by_type,
        verdicts=count_verdicts(session, Finding.language_model_id == found.id),
        head_score_tables=_tables(session, found),
        circuits=_circuits(session, found),
        scan_runs=list(
            session.scalars(select(ScanRun).where(ScanRun.language_model_id == found.id).order_by(ScanRun.id.desc()))
        ),
    )


def resolve_language_model(session: Session, name: str) -> LanguageModel:
    """The language model of a slug, or of a hub id where that settles which revision is meant.

    Raises:
        NotFoundError: There is no such language model.
        AmbiguousNameError: Several revisions have this hub id, and none of them this slug.
    """
    slug = name.replace("/", "--")
    named = session.scalars(
        select(LanguageModel).where(or_(LanguageModel.slug == slug, LanguageModel.hub_id == name))
    ).all()
    exact = [each for each in named if each.slug == slug]
    if exact or len(named) == 1:
        return (exact or list(named))[0]
    if named:
        raise AmbiguousNameError("language model", name, sorted(each.slug for each in named))
    raise _unknown(session, name)


def ids_of_language_model(session: Session, name: str) -> Sequence[int]:
    """Keys of all revisions of a hub id; of one revision for a slug that names it with `@`.

    Raises:
        NotFoundError: There is no such language model.
    """
    slug = name.replace("/", "--")
    matches = [
        LanguageModel.slug == slug,
        LanguageModel.hub_id == name,
        LanguageModel.hub_id == name.replace("--", "/"),
    ]
    found = session.scalars(select(LanguageModel.id).where(or_(*matches))).all()
    if not found:
        raise _unknown(session, name)
    return found


def list_families(session: Session) -> list[str]:
    """Families that have a language model, by name."""
    return list(session.scalars(select(LanguageModel.family).distinct().order_by(LanguageModel.family)))


def findings_by_head_type(session: Session, condition: ColumnElement[bool]) -> list[tuple[HeadType, int]]:
    """Head types with the number of findings on each, most first."""
    counted = func.count(Finding.id)
    statement = (
        select(HeadType, counted)
        .join(Finding, Finding.head_type_id == HeadType.id)
        .where(condition, Finding.status != Status.WITHDRAWN)
        .group_by(HeadType.id)
        .order_by(counted.desc(), HeadType.slug)
    )
    return [(row[0], row[1]) for row in session.execute(statement)]


def count_verdicts(session: Session, condition: ColumnElement[bool]) -> dict[Verdict, int]:
    """Latest verdict of each verified finding that meets a condition, counted."""
    latest = (
        select(func.max(Verification.id))
        .join(Verification.finding)
        .where(condition, counted(Verification), Finding.status != Status.WITHDRAWN)
        .group_by(Verification.finding_id)
    )
    statement = (
        select(Verification.verdict, func.count()).where(Verification.id.in_(latest)).group_by(Verification.verdict)
    )
    found = {Verdict(verdict): n for verdict, n in session.execute(statement)}
    return {verdict: found[verdict] for verdict in Verdict if verdict in found}


def _unknown(session: Session, name: str) -> NotFoundError:
    # People leave out the owner or give another one, so that names are also compared without it.
    slugs = session.scalars(select(LanguageModel.slug)).all()
    short = {slug.rpartition("--")[2]: slug for slug in slugs}
    own = name.replace("/", "--").rpartition("--")[2]
    near = near_names(name.replace("/", "--"), slugs) + [short[each] for each in near_names(own, short)]
    return NotFoundError("language model", name, list(dict.fromkeys(near))[:3])


def _conditions(
    query: LanguageModelQuery, n_findings: ColumnElement[int], n_tables: ColumnElement[int]
) -> list[ColumnElement[bool]]:
    plain = [
        (LanguageModel.family, query.family),
        (LanguageModel.architecture, query.architecture),
        (LanguageModel.hub_id, query.hub_id),
        (LanguageModel.n_layers, query.n_layers),
        (LanguageModel.n_heads, query.n_heads),
    ]
    found: list[ColumnElement[bool]] = [column == value for column, value in plain if value is not None]
    if query.q is not None:
        found.append(mentions(query.q, LanguageModel.slug, LanguageModel.hub_id, LanguageModel.name))
    for count, wanted in ((n_findings, query.has_findings), (n_tables, query.has_scores)):
        if wanted is not None:
            found.append(count > 0 if wanted else count == 0)
    return found


def _n_findings() -> Any:
    counted = select(func.count(Finding.id)).where(
        Finding.language_model_id == LanguageModel.id, Finding.status != Status.WITHDRAWN
    )
    return counted.correlate(LanguageModel).scalar_subquery()


def _n_head_score_tables() -> Any:
    counted = select(func.count(HeadScoreTable.id)).where(HeadScoreTable.language_model_id == LanguageModel.id)
    return counted.correlate(LanguageModel).scalar_subquery()


def _tables(session: Session, found: LanguageModel) -> list[HeadScoreTable]:
    statement = (
        select(HeadScoreTable)
        .where(HeadScoreTable.language_model_id == found.id)
        .order_by(HeadScoreTable.slug)
        .options(*table_options())
    )
    return list(session.scalars(statement))


def _circuits(session: Session, found: LanguageModel) -> list[Circuit]:
    statement = (
        select_published(Circuit)
        .where(Circuit.language_model_id == found.id)
        .order_by(Circuit.slug)
        .options(joinedload(Circuit.language_model), joinedload(Circuit.paper))
    )
    return list(session.scalars(statement))
