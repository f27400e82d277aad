"""GET /api/v1/circuits."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.dependencies import LinksDep, ReplyDep, SessionDep
from api.entry_forms import CITED_CIRCUIT
from api.schemas.base import PageOf
from api.schemas.circuit import CircuitDetailRecord, CircuitRecord
from catalog.queries.circuit import CircuitQuery, find_circuits, get_circuit

router = APIRouter(tags=["circuits"])


@router.get("/circuits")
def list_circuits(
    session: SessionDep, query: Annotated[CircuitQuery, Query()], reply: ReplyDep
) -> PageOf[CircuitRecord]:
    """Named heads with roles, each for one task in one language model."""
    return reply.page(find_circuits(session, query), CircuitRecord.of)


@router.get("/circuits/{circuit}", dependencies=[CITED_CIRCUIT])
def read_circuit(session: SessionDep, circuit: str, links: LinksDep) -> CircuitDetailRecord:
    """One circuit by accession or slug, in all its variants."""
    return CircuitDetailRecord.from_row(get_circuit(session, circuit), links)
