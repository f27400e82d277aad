"""GET /api/v1/detectors."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.dependencies import LinksDep, ReplyDep, SessionDep
from api.schemas.base import PageOf
from api.schemas.detector import DetectorDetailRecord, DetectorRecord
from catalog.queries.detector import DetectorQuery, find_detectors, get_detector

router = APIRouter(tags=["detectors"])

Version = Annotated[int | None, Query(ge=1, lt=2**31, description="Version; the latest where none is named.")]


@router.get("/detectors")
def list_detectors(
    session: SessionDep, query: Annotated[DetectorQuery, Query()], reply: ReplyDep
) -> PageOf[DetectorRecord]:
    """The code that tests for head types, with its measured error rates."""
    return reply.page(find_detectors(session, query), DetectorRecord.of)


@router.get("/detectors/{slug}")
def read_detector(session: SessionDep, slug: str, links: LinksDep, version: Version = None) -> DetectorDetailRecord:
    """One detector with its methods section."""
    return DetectorDetailRecord.from_detail(get_detector(session, slug, version), links)
