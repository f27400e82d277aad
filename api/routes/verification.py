"""GET /api/v1/verifications."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.dependencies import LinksDep, ReplyDep, SessionDep
from api.entry_forms import CITED_BY_ACCESSION
from api.schemas.base import PageOf
from api.schemas.verification import VerificationDetailRecord, VerificationRecord
from catalog.queries.verification import VerificationQuery, find_verifications, get_verification

router = APIRouter(tags=["verifications"])


@router.get("/verifications")
def list_verifications(
    session: SessionDep, query: Annotated[VerificationQuery, Query()], reply: ReplyDep
) -> PageOf[VerificationRecord]:
    """Re-runs of claims, latest first."""
    return reply.page(find_verifications(session, query), VerificationRecord.of)


@router.get("/verifications/{accession}", dependencies=[CITED_BY_ACCESSION])
def read_verification(session: SessionDep, accession: str, links: LinksDep) -> VerificationDetailRecord:
    """One re-run with the whole record from which its verdict can be computed again."""
    return VerificationDetailRecord.from_row(get_verification(session, accession), links)
