"""GET /api/v1/language-models, and everything about one head."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.dependencies import LinksDep, ReplyDep, SessionDep
from api.schemas.base import PageOf
from api.schemas.head import HeadRecord
from api.schemas.head_score import LanguageModelScoreRecord
from api.schemas.language_model import LanguageModelDetailRecord, LanguageModelRecord
from catalog.notation import HeadRef
from catalog.queries.head import get_head
from catalog.queries.head_score import LanguageModelScoreQuery, find_language_model_scores
from catalog.queries.language_model import (
    LanguageModelQuery,
    find_language_models,
    get_language_model,
    resolve_language_model,
)

router = APIRouter(tags=["language models"])


@router.get("/language-models")
def list_language_models(
    session: SessionDep, query: Annotated[LanguageModelQuery, Query()], reply: ReplyDep
) -> PageOf[LanguageModelRecord]:
    """The networks under study."""
    return reply.page(find_language_models(session, query), LanguageModelRecord.of_row)


@router.get("/language-models/{slug}")
def read_language_model(session: SessionDep, slug: str, links: LinksDep, reply: ReplyDep) -> LanguageModelDetailRecord:
    """One language model with what is known of it; a hub id answers 308 to its slug."""
    detail = get_language_model(session, slug)
    if detail.language_model.slug != slug:
        reply.moved("language-models", detail.language_model.slug)
    return LanguageModelDetailRecord.from_detail(detail, links)


@router.get("/language-models/{slug}/scores")
def list_language_model_scores(
    session: SessionDep, slug: str, query: Annotated[LanguageModelScoreQuery, Query()], reply: ReplyDep
) -> PageOf[LanguageModelScoreRecord]:
    """Scores of the heads of one language model, across its tables."""
    return reply.page(find_language_model_scores(session, slug, query), LanguageModelScoreRecord.of_row)


@router.get("/language-models/{slug}/heads/{head}")
def read_head(session: SessionDep, slug: str, head: str, links: LinksDep, reply: ReplyDep) -> HeadRecord:
    """Every claim, verdict and number about one head; `5.1` and `5-1` answer 308 to `L5H1`."""
    wanted = HeadRef.parse(head)
    detail = get_head(session, slug, wanted)
    if str(wanted) != head or detail.language_model.slug != slug:
        reply.moved("language-models", detail.language_model.slug, "heads", str(wanted))
    return HeadRecord.from_detail(detail, links)


# A hub id holds a slash, so that it takes two steps of the path. These come last: no slug may be shadowed.
@router.get("/language-models/{owner}/{name}", include_in_schema=False)
def redirect_hub_id(session: SessionDep, owner: str, name: str, reply: ReplyDep) -> None:
    """A hub id answers 308 to the slug."""
    reply.moved("language-models", resolve_language_model(session, f"{owner}/{name}").slug)


@router.get("/language-models/{owner}/{name}/scores", include_in_schema=False)
def redirect_hub_id_scores(
    session: SessionDep,
    owner: str,
    name: str,
    _query: Annotated[LanguageModelScoreQuery, Query()],
    reply: ReplyDep,
) -> None:
    """A hub id answers 308 to the slug."""
    reply.moved("language-models", resolve_language_model(session, f"{owner}/{name}").slug, "scores")


@router.get("/language-models/{owner}/{name}/heads/{head}", include_in_schema=False)
def redirect_hub_id_head(session: SessionDep, owner: str, name: str, head: str, reply: ReplyDep) -> None:
    """A hub id answers 308 to the slug."""
    found = resolve_language_model(session, f"{owner}/{name}")
    reply.moved("language-models", found.slug, "heads", str(HeadRef.parse(head)))
