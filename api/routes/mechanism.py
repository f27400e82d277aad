"""GET /api/v1/mechanisms."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.dependencies import LinksDep, ReplyDep, SessionDep
from api.schemas.base import PageOf
from api.schemas.mechanism import MechanismRecord
from catalog.queries.mechanism import MechanismQuery, find_mechanisms, get_mechanism

router = APIRouter(tags=["mechanisms"])


@router.get("/mechanisms")
def list_mechanisms(
    session: SessionDep, query: Annotated[MechanismQuery, Query()], reply: ReplyDep
) -> PageOf[MechanismRecord]:
    """How head types work together on a task."""
    return reply.page(find_mechanisms(session, query), MechanismRecord.of)


@router.get("/mechanisms/{slug}")
def read_mechanism(session: SessionDep, slug: str, links: LinksDep) -> MechanismRecord:
    """One mechanism."""
    return MechanismRecord.of(get_mechanism(session, slug), links)
