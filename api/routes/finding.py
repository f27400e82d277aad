"""GET /api/v1/findings."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.dependencies import LinksDep, ReplyDep, SessionDep
from api.entry_forms import CITED_BY_ACCESSION
from api.schemas.base import PageOf
from api.schemas.finding import FindingDetailRecord, FindingRecord
from catalog.queries.finding import FindingQuery, find_findings, get_finding

router = APIRouter(tags=["findings"])


@router.get("/findings")
def list_findings(
    session: SessionDep, query: Annotated[FindingQuery, Query()], reply: ReplyDep
) -> PageOf[FindingRecord]:
    """What sources claim of heads, each with the latest re-run."""
    return reply.page(find_findings(session, query), FindingRecord.of)


@router.get("/findings/{accession}", dependencies=[CITED_BY_ACCESSION])
def read_finding(session: SessionDep, accession: str, links: LinksDep) -> FindingDetailRecord:
    """One claim with every re-run of it."""
    return FindingDetailRecord.from_detail(get_finding(session, accession), links)
