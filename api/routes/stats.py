"""GET /api/v1/stats and /api/v1/health."""

from importlib.metadata import version

from fastapi import APIRouter

from api.dependencies import SessionDep
from api.schemas.stats import HealthRecord, StatsRecord
from catalog.queries.counts import get_counts, require_readable

router = APIRouter(tags=["catalog"])


@router.get("/stats")
def read_stats(session: SessionDep) -> StatsRecord:
    """How much the catalog holds."""
    return StatsRecord.of(get_counts(session))


@router.get("/health")
def read_health(session: SessionDep) -> HealthRecord:
    """Whether the server can read its catalog; 503 where it cannot."""
    require_readable(session)
    return HealthRecord(status="ok", version=version("headcat"))
