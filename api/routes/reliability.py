"""GET /api/v1/reliability: how far each detector can be trusted."""

from fastapi import APIRouter

from api.dependencies import LinksDep, SessionDep
from api.schemas.reliability import ReliabilitiesRecord, ReliabilityRecord
from catalog.queries.reliability import find_reliability

router = APIRouter(tags=["detectors"])


@router.get("/reliability")
def list_reliability(session: SessionDep, links: LinksDep) -> ReliabilitiesRecord:
    """Error rates of every detector on known heads, and how well its scores order the heads that sources list."""
    return ReliabilitiesRecord(items=[ReliabilityRecord.of(each, links) for each in find_reliability(session)])
