"""GET /api/v1/assessments: what the catalog says of heads and head types."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.dependencies import ReplyDep, SessionDep
from api.schemas.assessment import AssessmentRecord
from api.schemas.base import PageOf
from catalog.queries.assessment import AssessmentQuery, find_assessments

router = APIRouter(tags=["heads"])


@router.get("/assessments")
def list_assessments(
    session: SessionDep, query: Annotated[AssessmentQuery, Query()], reply: ReplyDep
) -> PageOf[AssessmentRecord]:
    """What all claims and re-runs together say of each head and head type: conflicts, both readings, and the grade.

    Outcome and grade are computed, so that a page that asks for one of them may hold fewer items than `limit`.
    """
    return reply.page(find_assessments(session, query), AssessmentRecord.of)
