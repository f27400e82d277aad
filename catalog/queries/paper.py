"""Sources: lists, and one source with all that rests on it."""

from dataclasses import dataclass
from typing import Any

from pydantic import Field
from sqlalchemy import ColumnElement, String, cast, func, or_, select
from sqlalchemy.orm import Session, joinedload

from catalog.models import (
    Benchmark,
    Circuit,
    Finding,
    HeadScoreTable,
    HeadType,
    HeadTypePaper,
    LanguageModel,
    MethodPaper,
    Metric,
    Paper,
    StageAssignment,
)
from catalog.queries.citable import published, select_published
from catalog.queries.head_type import resolve_head_type
from catalog.queries.language_model import count_verdicts, findings_by_head_type
from catalog.queries.names import as_filter, mentions, not_found
from catalog.queries.page import Page, PageRequest, paginate, sort_field
from catalog.queries.table_options import table_options
from catalog.vocabulary import Status, Verdict

SORTS: dict[str, Any] = {
    "slug": Paper.slug,
    "title": Paper.title,
    "year": Paper.year,
    "published_on": Paper.published_on,
}


class PaperQuery(PageRequest):
    """Which papers to list."""

    q: str | None = Field(default=None, max_length=200, description="Text in title, authors or slug.")
    arxiv_id: str | None = Field(default=None, max_length=32, description="arXiv identifier without version.")
    doi: str | None = Field(default=None, max_length=128, description="DOI, as `10.18653/v1/…`.")
    year_gte: int | None = Field(default=None, ge=1900, le=2100, description="Earliest year.")
    year_lte: int | None = Field(default=None, ge=1900, le=2100, description="Latest year.")
    head_type: str | None = Field(default=None, max_length=128, description="Head type that the paper describes.")
    is_cited_in_survey: bool | None = Field(default=None, description="Whether arXiv:2409.03752 cites it.")
    has_findings: bool | None = Field(default=None, description="Whether findings were read from it.")
    sort: str = sort_field(SORTS, "slug")


@dataclass(frozen=True, slots=True)
class PaperRow:
    """A paper in a list."""

    paper: Paper
    n_findings: int


@dataclass(frozen=True, slots=True)
class PaperDetail:
    """One paper with what the catalog took from it."""

    paper: Paper
    head_types: list[HeadTypePaper]
    assignments: list[StageAssignment]
    methods: list[MethodPaper]
    metrics: list[Metric]
    benchmarks: list[Benchmark]
    circuits: list[Circuit]
    head_score_tables: list[HeadScoreTable]
    n_findings: int
    findings_by_head_type: list[tuple[HeadType, int]]
    findings_by_language_model: list[tuple[LanguageModel, int]]
    verdicts: dict[Verdict, int]


def find_papers(session: Session, query: PaperQuery | None = None) -> Page[PaperRow]:
    """Papers that match a query.

    Raises:
        InvalidQueryError: The head type does not exist, or sort or cursor cannot be used.
    """
    query = query or PaperQuery()
    n_findings = _n_findings()
    statement = select(Paper, n_findings).where(*_conditions(session, query, n_findings))
    return paginate(session, statement, query, sorts=SORTS, key=[Paper.id], read=lambda row: PaperRow(row[0], row[1]))


def get_paper(session: Session, name: str) -> PaperDetail:
    """One paper by slug or arXiv identifier.

    Raises:
        NotFoundError: There is no such paper.
    """
    paper = session.scalar(select(Paper).where(or_(Paper.slug == name, Paper.arxiv_id == name)))
    if paper is None:
        raise not_found(session, "paper", name, Paper.slug)
    by_model = _findings_by_language_model(session, paper)
    return PaperDetail(
        paper=paper,
        head_types=_head_types(session, paper),
        assignments=_assignments(session, paper),
        methods=_methods(session, paper),
        metrics=list(session.scalars(select(Metric).where(Metric.paper_id == paper.id).order_by(Metric.slug))),
        benchmarks=list(
            session.scalars(select(Benchmark).where(Benchmark.paper_id == paper.id).order_by(Benchmark.slug))
        ),
        circuits=_circuits(session, paper),
        head_score_tables=_tables(session, paper),
        n_findings=sum(n for _, n in by_model),
        findings_by_head_type=findings_by_head_type(session, Finding.paper_id == paper.id),
        findings_by_language_model=by_model,
        verdicts=count_verdicts(session, Finding.paper_id == paper.id),
    )


def _n_findings() -> Any:
    counted = select(func.count(Finding.id)).where(Finding.paper_id == Paper.id, Finding.status != Status.WITHDRAWN)
    return counted.correlate(Paper).scalar_subquery()


def _conditions(session: Session, query: PaperQuery, n_findings: ColumnElement[int]) -> list[ColumnElement[bool]]:
    plain = [
        (Paper.arxiv_id, query.arxiv_id),
        (Paper.doi, query.doi),
        (Paper.is_cited_in_survey, query.is_cited_in_survey),
    ]
    found: list[ColumnElement[bool]] = [column == value for column, value in plain if value is not None]
    if query.q is not None:
        found.append(mentions(query.q, Paper.slug, Paper.title, cast(Paper.authors, String)))
    if query.year_gte is not None:
        found.append(Paper.year >= query.year_gte)
    if query.year_lte is not None:
        found.append(Paper.year <= query.year_lte)
    if query.head_type is not None:
        head_type = as_filter("head_type", resolve_head_type, session, query.head_type)
        found.append(Paper.id.in_(select(HeadTypePaper.paper_id).where(HeadTypePaper.head_type_id == head_type.id)))
    if query.has_findings is not None:
        found.append(n_findings > 0 if query.has_findings else n_findings == 0)
    return found


def _head_types(session: Session, paper: Paper) -> list[HeadTypePaper]:
    statement = (
        select(HeadTypePaper)
        .join(HeadTypePaper.head_type)
        .where(HeadTypePaper.paper_id == paper.id, published(HeadType))
        .order_by(HeadType.slug)
        .options(joinedload(HeadTypePaper.head_type), joinedload(HeadTypePaper.paper))
    )
    return list(session.scalars(statement))


def _assignments(session: Session, paper: Paper) -> list[StageAssignment]:
    statement = (
        select(StageAssignment)
        .join(StageAssignment.head_type)
        .where(StageAssignment.paper_id == paper.id, published(HeadType))
        .order_by(HeadType.slug, StageAssignment.id)
        .options(
            joinedload(StageAssignment.head_type),
            joinedload(StageAssignment.stage),
            joinedload(StageAssignment.stage_function),
            joinedload(StageAssignment.paper),
        )
    )
    return list(session.scalars(statement))


def _methods(session: Session, paper: Paper) -> list[MethodPaper]:
    statement = select(MethodPaper).where(MethodPaper.paper_id == paper.id).order_by(MethodPaper.id)
    return list(session.scalars(statement.options(joinedload(MethodPaper.method), joinedload(MethodPaper.paper))))


def _circuits(session: Session, paper: Paper) -> list[Circuit]:
    statement = (
        select_published(Circuit)
        .where(Circuit.paper_id == paper.id)
        .order_by(Circuit.slug)
        .options(joinedload(Circuit.language_model), joinedload(Circuit.paper))
    )
    return list(session.scalars(statement))


def _tables(session: Session, paper: Paper) -> list[HeadScoreTable]:
    statement = (
        select(HeadScoreTable)
        .where(HeadScoreTable.paper_id == paper.id)
        .order_by(HeadScoreTable.slug)
        .options(*table_options())
    )
    return list(session.scalars(statement))


def _findings_by_language_model(session: Session, paper: Paper) -> list[tuple[LanguageModel, int]]:
    counted = func.count(Finding.id)
    statement = (
        select(LanguageModel, counted)
        .join(Finding, Finding.language_model_id == LanguageModel.id)
        .where(Finding.paper_id == paper.id, Finding.status != Status.WITHDRAWN)
        .group_by(LanguageModel.id)
        .order_by(counted.desc(), LanguageModel.slug)
    )
    return [(row[0], row[1]) for row in session.execute(statement)]
