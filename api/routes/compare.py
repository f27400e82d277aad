"""GET /api/v1/compare: heads, language models or head types side by side."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.dependencies import LinksDep, SessionDep
from api.schemas.comparison import ComparisonRecord
from catalog.queries.compare import Compared, compare

router = APIRouter(tags=["search"])


@router.get("/compare")
def compare_side_by_side(
    session: SessionDep,
    links: LinksDep,
    kind: Annotated[Compared, Query(description="What is compared.")],
    items: Annotated[
        str,
        Query(
            max_length=1600,
            description="Two to eight names, separated by commas; a head is written `openai-community/gpt2:L5H1`.",
        ),
    ],
) -> ComparisonRecord:
    """Two to eight heads, language models or head types side by side."""
    return ComparisonRecord.of(compare(session, kind, items), links)
