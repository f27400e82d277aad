"""GET /api/v1/resolve: everything that a name can mean."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.dependencies import LinksDep, SessionDep
from api.schemas.resolve import ResolutionRecord
from catalog.queries.resolve import resolve_name

router = APIRouter(tags=["search"])


@router.get("/resolve")
def resolve(
    session: SessionDep,
    links: LinksDep,
    q: Annotated[str, Query(min_length=1, max_length=200, description="A name, identifier, accession or head.")],
) -> ResolutionRecord:
    """Everything that a name can mean: head types by any published name, language models, papers, and others."""
    return ResolutionRecord.of(q, resolve_name(session, q), links)
