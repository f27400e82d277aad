"""GET /api/v1/coverage: what was claimed and tested where."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.dependencies import ReplyDep, SessionDep
from api.schemas.base import PageOf
from api.schemas.coverage import CoverageCellRecord
from catalog.queries.coverage_matrix import CoverageQuery, find_coverage

router = APIRouter(tags=["search"])


@router.get("/coverage")
def list_coverage(
    session: SessionDep, query: Annotated[CoverageQuery, Query()], reply: ReplyDep
) -> PageOf[CoverageCellRecord]:
    """Head types by language models: claimed, tested, reproduced, not, untested; a pair without a cell has no claim."""
    return reply.page(find_coverage(session, query), CoverageCellRecord.of)
