"""GET /api/v1/head-types."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.dependencies import LinksDep, ReplyDep, SessionDep
from api.entry_forms import CITED_HEAD_TYPE
from api.schemas.base import PageOf
from api.schemas.head_type import HeadTypeDetailRecord, HeadTypeRecord
from catalog.queries.head_type import HeadTypeQuery, find_head_types, get_head_type, resolve_head_type

router = APIRouter(tags=["head types"])


@router.get("/head-types")
def list_head_types(
    session: SessionDep, query: Annotated[HeadTypeQuery, Query()], reply: ReplyDep
) -> PageOf[HeadTypeRecord]:
    """Kinds of head named in the literature."""
    return reply.page(find_head_types(session, query), HeadTypeRecord.of)


@router.get("/head-types/{slug}", dependencies=[CITED_HEAD_TYPE])
def read_head_type(session: SessionDep, slug: str, links: LinksDep, reply: ReplyDep) -> HeadTypeDetailRecord:
    """One head type with all that is known of it; any other published name answers 308 to its slug."""
    found = resolve_head_type(session, slug)
    if found.slug != slug:
        reply.moved("head-types", found.slug)
    return HeadTypeDetailRecord.from_detail(get_head_type(session, slug), links)
