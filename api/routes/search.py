"""/api/v1/search: POST takes one boolean expression over findings, heads, head types and scores, GET takes words."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from api.dependencies import LinksDep, ReplyDep, SessionDep
from api.finding_reply import FindingReplyDep
from api.schemas.head_score import LanguageModelScoreRecord
from api.schemas.head_type import HeadTypeRecord
from api.schemas.resolve import TextSearchRecord
from api.schemas.search import ClaimedHeadRecord, SearchAnswer, SearchFieldRecord, SearchTargetRecord
from catalog.errors import InvalidQueryError
from catalog.queries.page import INCLUDE_DESCRIPTION
from catalog.queries.search.request import (
    FIELDS,
    SORTS,
    SearchRequest,
    Target,
    search_findings,
    search_head_types,
    search_heads,
    search_scores,
)
from catalog.queries.text_search import TextQuery, search_text

router = APIRouter(tags=["search"])


class SearchBody(SearchRequest):
    """A search."""

    include: str | None = Field(default=None, max_length=200, description=INCLUDE_DESCRIPTION)


@router.post("/search", response_model=SearchAnswer)
def search(session: SessionDep, body: SearchBody, reply: ReplyDep, findings: FindingReplyDep) -> Any:
    """Findings, heads, head types or scores that meet one expression."""
    if body.target is Target.FINDINGS:
        page = search_findings(session, body)
        return findings.page(page, fields=body.fields, include=body.include, more={"target": body.target})
    if body.include is not None:
        raise InvalidQueryError("include", "`include` goes with the target findings; leave it out, or search those.")
    more = {"target": body.target, "included": None}
    if body.target is Target.HEADS:
        return reply.written(search_heads(session, body), ClaimedHeadRecord.of, fields=body.fields, more=more)
    if body.target is Target.HEAD_TYPES:
        return reply.written(search_head_types(session, body), HeadTypeRecord.of, fields=body.fields, more=more)
    rows = search_scores(session, body)
    return reply.written(rows, LanguageModelScoreRecord.of_row, fields=body.fields, more=more)


@router.get("/search")
def search_texts(session: SessionDep, query: Annotated[TextQuery, Query()], links: LinksDep) -> TextSearchRecord:
    """Records of any kind whose text holds some words, best first."""
    hits, found = search_text(session, query)
    return TextSearchRecord.of(query.q, hits, found, links)


@router.get("/search-fields")
def list_search_fields() -> list[SearchTargetRecord]:
    """Everything that the expression of a search can ask for, target by target."""
    return [
        SearchTargetRecord(
            target=target,
            fields=[SearchFieldRecord.of(name, field) for name, field in FIELDS[target].items()],
            sorts=list(SORTS[target]),
        )
        for target in Target
    ]
