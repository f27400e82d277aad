"""Data sets with which heads are explored or their effect is measured."""

from typing import Any, Literal

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.sql.base import ExecutableOption

from catalog.models import Benchmark, BenchmarkHeadType
from catalog.queries.head_type import resolve_head_type
from catalog.queries.names import as_filter, mentions, not_found
from catalog.queries.page import Page, PageRequest, paginate, sort_field

SORTS: dict[str, Any] = {
    "slug": Benchmark.slug,
    "name": Benchmark.name,
    "release_month": Benchmark.release_month,
}


def _loaded() -> list[ExecutableOption]:
    # Made when asked for: at import all mappers would be configured.
    return [
        joinedload(Benchmark.paper),
        selectinload(Benchmark.head_types).joinedload(BenchmarkHeadType.head_type),
    ]


class BenchmarkQuery(PageRequest):
    """Which benchmarks to list."""

    q: str | None = Field(default=None, max_length=200, description="Text in slug, name or task.")
    category: Literal["mechanism_exploration", "common_evaluation"] | None = Field(
        default=None, description="Which of the survey's two tables."
    )
    area: str | None = Field(default=None, max_length=64, description="Area, exactly.")
    head_type: str | None = Field(default=None, max_length=128, description="Head type studied with it.")
    sort: str = sort_field(SORTS, "slug")


def find_benchmarks(session: Session, query: BenchmarkQuery | None = None) -> Page[Benchmark]:
    """Benchmarks that match a query.

    Raises:
        InvalidQueryError: The head type does not exist, or sort or cursor cannot be used.
    """
    query = query or BenchmarkQuery()
    statement = select(Benchmark)
    for column, value in ((Benchmark.category, query.category), (Benchmark.area, query.area)):
        if value is not None:
            statement = statement.where(column == value)
    if query.q is not None:
        statement = statement.where(mentions(query.q, Benchmark.slug, Benchmark.name, Benchmark.task_summary))
    if query.head_type is not None:
        head_type = as_filter("head_type", resolve_head_type, session, query.head_type)
        studied = select(BenchmarkHeadType.benchmark_id).where(BenchmarkHeadType.head_type_id == head_type.id)
        statement = statement.where(Benchmark.id.in_(studied))
    return paginate(
        session, statement, query, sorts=SORTS, key=[Benchmark.id], read=lambda row: row[0], options=_loaded()
    )


def get_benchmark(session: Session, slug: str) -> Benchmark:
    """One benchmark by its slug.

    Raises:
        NotFoundError: There is no such benchmark.
    """
    found = session.scalar(select(Benchmark).where(Benchmark.slug == slug).options(*_loaded()))
    if found is None:
        raise not_found(session, "benchmark", slug, Benchmark.slug)
    return found
