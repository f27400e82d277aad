"""GET /api/v1/findings."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.dependencies import SessionDep
from api.entry_forms import CITED_BY_ACCESSION
from api.finding_detail import finding_detail
from api.finding_reply import FindingReplyDep
from api.schemas.finding import FindingDetailRecord
from api.schemas.finding_page import PageOfFindings
from catalog.queries.finding import FindingQuery, end_of_day, find_finding_ids

router = APIRouter(tags=["findings"])


@router.get("/findings", response_model=PageOfFindings)
def list_findings(session: SessionDep, query: Annotated[FindingQuery, Query()], reply: FindingReplyDep) -> Response:
    """What sources claim of heads, each with the latest re-run."""
    page = find_finding_ids(session, query)
    return reply.page(page, fields=query.fields, include=query.include, as_of=end_of_day(query.as_of))


@router.get("/findings/{accession}", dependencies=[CITED_BY_ACCESSION], response_model=FindingDetailRecord)
def read_finding(session: SessionDep, accession: str, reply: FindingReplyDep) -> Response:
    """One claim with every re-run of it."""
    return reply.reply.record(finding_detail(session, accession, reply.named, reply.revision))
