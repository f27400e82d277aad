"""GET /healthz, /readyz and /server-metrics: for whoever runs the server, outside of the API and its document."""

from fastapi import APIRouter, Request, Response

from api.metrics import MEDIA_TYPE
from catalog.schema_version import require_current

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
def read_liveness() -> dict[str, str]:
    """That the process answers; it asks no database, so that a database that is down restarts nothing."""
    return {"status": "ok"}


@router.get("/readyz")
def read_readiness(request: Request) -> dict[str, str]:
    """Whether requests can be answered: the catalog is there and at the schema of this program; 503 otherwise."""
    require_current(request.app.state.engine)
    return {"status": "ok"}


@router.get("/server-metrics")
async def read_metrics(request: Request) -> Response:
    """What was answered so far, as Prometheus reads it; `/metrics` is the page of the definitions of scores."""
    # On the event loop, where the counts are written.
    return Response(request.app.state.metrics.text(), media_type=MEDIA_TYPE)
