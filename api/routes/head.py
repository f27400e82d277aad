"""GET /api/v1/heads, and heads like one."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.dependencies import LinksDep, ReplyDep, SessionDep
from api.schemas.base import PageOf
from api.schemas.search import ClaimedHeadRecord
from api.schemas.similar import SimilarHeadsRecord
from catalog.notation import HeadRef
from catalog.queries.head import HeadQuery, find_heads
from catalog.queries.language_model import resolve_language_model
from catalog.queries.similar import SimilarQuery, find_similar_heads

router = APIRouter(tags=["heads"])


@router.get("/heads")
def list_heads(session: SessionDep, query: Annotated[HeadQuery, Query()], reply: ReplyDep) -> PageOf[ClaimedHeadRecord]:
    """Heads on which something is claimed that matches, each with these claims."""
    return reply.page(find_heads(session, query), ClaimedHeadRecord.of)


@router.get("/language-models/{slug}/heads/{head}/similar")
def list_similar_heads(
    session: SessionDep,
    slug: str,
    head: str,
    query: Annotated[SimilarQuery, Query()],
    links: LinksDep,
) -> SimilarHeadsRecord:
    """Heads like one, by their places among the heads of their language models in every metric that both have."""
    return SimilarHeadsRecord.of(find_similar_heads(session, slug, HeadRef.parse(head), query), links)


# A hub id holds a slash, so that it takes two steps of the path.
@router.get("/language-models/{owner}/{name}/heads/{head}/similar", include_in_schema=False)
def redirect_hub_id_similar(
    session: SessionDep, owner: str, name: str, head: str, _query: Annotated[SimilarQuery, Query()], reply: ReplyDep
) -> None:
    """A hub id answers 308 to the slug."""
    found = resolve_language_model(session, f"{owner}/{name}")
    reply.moved("language-models", found.slug, "heads", str(HeadRef.parse(head)), "similar")
