"""GET /api/v1/crosswalks."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.dependencies import ReplyDep, SessionDep
from api.schemas.base import PageOf
from api.schemas.crosswalk import CrosswalkDetailRecord, CrosswalkEntryRecord, CrosswalkRecord
from catalog.queries.crosswalk import CrosswalkEntryQuery, CrosswalkQuery, find_crosswalks, get_crosswalk

router = APIRouter(tags=["crosswalks"])


@router.get("/crosswalks")
def list_crosswalks(
    session: SessionDep, query: Annotated[CrosswalkQuery, Query()], reply: ReplyDep
) -> PageOf[CrosswalkRecord]:
    """Taxonomies of other parties."""
    return reply.page(find_crosswalks(session, query), CrosswalkRecord.of)


@router.get("/crosswalks/{slug}", response_model=CrosswalkDetailRecord)
def read_crosswalk(
    session: SessionDep, slug: str, query: Annotated[CrosswalkEntryQuery, Query()], reply: ReplyDep
) -> Response:
    """One taxonomy with a page of its names and the head types that they match."""
    detail = get_crosswalk(session, slug, query)
    entries = reply.part(detail.entries, CrosswalkEntryRecord.of)
    return reply.record({**dict(CrosswalkRecord.of(detail.taxonomy, reply.links)), "entries": entries})
