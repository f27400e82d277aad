"""GET /api/v1/scan-runs."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.dependencies import LinksDep, ReplyDep, SessionDep
from api.schemas.base import PageOf
from api.schemas.scan_run import ScanRunDetailRecord, ScanRunRecord
from catalog.queries.scan_run import ScanRunQuery, find_scan_runs, get_scan_run

router = APIRouter(tags=["scan runs"])


@router.get("/scan-runs")
def list_scan_runs(
    session: SessionDep, query: Annotated[ScanRunQuery, Query()], reply: ReplyDep
) -> PageOf[ScanRunRecord]:
    """Our own runs, latest first."""
    return reply.page(find_scan_runs(session, query), ScanRunRecord.of)


@router.get("/scan-runs/{number}")
def read_scan_run(
    session: SessionDep, number: Annotated[int, Path(ge=1, lt=2**31)], links: LinksDep
) -> ScanRunDetailRecord:
    """One run with its whole provenance and what it left behind."""
    return ScanRunDetailRecord.from_detail(get_scan_run(session, number), links)
