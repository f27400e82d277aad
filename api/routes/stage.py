"""GET /api/v1/stages."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.dependencies import LinksDep, ReplyDep, SessionDep
from api.schemas.base import PageOf
from api.schemas.stage import StageDetailRecord, StageRecord, StageTransitionRecord
from catalog.queries.stage import StageQuery, find_stages, find_transitions, get_stage

router = APIRouter(tags=["stages"])


@router.get("/stages")
def list_stages(session: SessionDep, query: Annotated[StageQuery, Query()], reply: ReplyDep) -> PageOf[StageRecord]:
    """The four stages of reasoning, in the order of telling."""
    return reply.page(find_stages(session, query), StageRecord.of)


@router.get("/stage-transitions")
def list_stage_transitions(session: SessionDep, links: LinksDep) -> list[StageTransitionRecord]:
    """The graph of the stages: which leads to which, with disputed edges."""
    return [StageTransitionRecord.of(each, links) for each in find_transitions(session)]


@router.get("/stages/{slug}")
def read_stage(session: SessionDep, slug: str, links: LinksDep) -> StageDetailRecord:
    """One stage with its functions, its place in the graph and its head types."""
    return StageDetailRecord.from_detail(get_stage(session, slug), links)
