"""GET /api/v1/head-score-tables, their rows as JSON pages or as CSV."""

import csv
import io
from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import PlainTextResponse
from pydantic import Field

from api.dependencies import LinksDep, ReplyDep, SessionDep
from api.schemas.base import PageOf
from api.schemas.head_score import HeadScoreRecord, HeadScoreTableDetailRecord, HeadScoreTableRecord
from catalog.canonical import canonical_json
from catalog.models import HeadScore
from catalog.queries.head_score import (
    HeadScoreQuery,
    HeadScoreTableQuery,
    find_head_score_tables,
    find_head_scores,
    get_head_score_table,
    list_head_scores,
)

router = APIRouter(tags=["head scores"])


class ScoresRequest(HeadScoreQuery):
    """Which rows of a table, in which form."""

    format: Literal["json", "csv"] = Field(
        default="json", description="`json` gives a page, `csv` the whole table whatever the other parameters say."
    )


@router.get("/head-score-tables")
def list_head_score_tables(
    session: SessionDep, query: Annotated[HeadScoreTableQuery, Query()], reply: ReplyDep
) -> PageOf[HeadScoreTableRecord]:
    """Tables of numbers per head: published ones, and what our own runs measured."""
    return reply.page(find_head_score_tables(session, query), HeadScoreTableRecord.of)


@router.get("/head-score-tables/{slug}")
def read_head_score_table(session: SessionDep, slug: str, links: LinksDep) -> HeadScoreTableDetailRecord:
    """One table with its source, its licence and the extent of its numbers."""
    return HeadScoreTableDetailRecord.from_detail(get_head_score_table(session, slug), links)


@router.get(
    "/head-score-tables/{slug}/scores",
    response_model=PageOf[HeadScoreRecord],
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def list_scores(
    session: SessionDep, slug: str, query: Annotated[ScoresRequest, Query()], reply: ReplyDep
) -> PageOf[HeadScoreRecord] | PlainTextResponse:
    """Rows of one table."""
    if query.format == "json":
        return reply.page(find_head_scores(session, slug, query), HeadScoreRecord.of)
    table = get_head_score_table(session, slug).table
    headers = {"Content-Disposition": f'inline; filename="{slug}.csv"'}
    return PlainTextResponse(_csv(list_head_scores(session, table)), media_type="text/csv", headers=headers)


def _csv(scores: Sequence[HeadScore]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["layer", "head", "score", "n", "details"])
    for each in scores:
        details = "" if each.details is None else canonical_json(each.details)
        writer.writerow([each.layer, each.head, each.score, each.n, details])
    return text.getvalue()
