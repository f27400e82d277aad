"""GET /api/v1/benchmarks."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.dependencies import LinksDep, ReplyDep, SessionDep
from api.schemas.base import PageOf
from api.schemas.benchmark import BenchmarkRecord
from catalog.queries.benchmark import BenchmarkQuery, find_benchmarks, get_benchmark

router = APIRouter(tags=["benchmarks"])


@router.get("/benchmarks")
def list_benchmarks(
    session: SessionDep, query: Annotated[BenchmarkQuery, Query()], reply: ReplyDep
) -> PageOf[BenchmarkRecord]:
    """Data sets with which heads are explored or their effect is measured."""
    return reply.page(find_benchmarks(session, query), BenchmarkRecord.of)


@router.get("/benchmarks/{slug}")
def read_benchmark(session: SessionDep, slug: str, links: LinksDep) -> BenchmarkRecord:
    """One benchmark."""
    return BenchmarkRecord.of(get_benchmark(session, slug), links)
