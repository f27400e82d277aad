"""GET /api/v1/human-analogues."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.dependencies import LinksDep, ReplyDep, SessionDep
from api.schemas.base import PageOf
from api.schemas.human_analogue import HumanAnalogueRecord
from catalog.queries.human_analogue import HumanAnalogueQuery, find_human_analogues, get_human_analogue

router = APIRouter(tags=["human analogues"])


@router.get("/human-analogues")
def list_human_analogues(
    session: SessionDep, query: Annotated[HumanAnalogueQuery, Query()], reply: ReplyDep
) -> PageOf[HumanAnalogueRecord]:
    """Parallels between language models and people."""
    return reply.page(find_human_analogues(session, query), HumanAnalogueRecord.of)


@router.get("/human-analogues/{slug}")
def read_human_analogue(session: SessionDep, slug: str, links: LinksDep) -> HumanAnalogueRecord:
    """One analogue."""
    return HumanAnalogueRecord.of(get_human_analogue(session, slug), links)
