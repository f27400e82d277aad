"""The citations of a record at its own address: asked for in `Accept`, they are found under its accession."""

from fastapi import Depends, Request
from sqlalchemy import or_, select

from api.dependencies import SessionDep
from api.negotiation import NotAcceptable, SeeOther, preferred
from catalog.citation.style import STYLES
from catalog.models import Circuit
from catalog.queries.head_type import resolve_head_type

_JSON = "application/json"
# JSON comes first, for whoever takes anything.
_OFFERS = {_JSON: _JSON, **{style.media_type: style.name for style in STYLES.values()}}


def _cited_elsewhere(request: Request) -> str | None:
    """The style that `Accept` prefers to the record itself; a client that accepts neither gets the record."""
    try:
        chosen = preferred(request.headers.get("accept"), _OFFERS)
    except NotAcceptable:
        return None
    return None if chosen == _JSON else chosen


def _of_accession(request: Request, accession: str) -> None:
    """Answer 303 to the citation of a finding or a verification, where that is asked for."""
    _see(request, accession)


def _of_head_type(request: Request, session: SessionDep, slug: str) -> None:
    """Answer 303 to the citation of a head type, where that is asked for."""
    if _cited_elsewhere(request):
        _see(request, resolve_head_type(session, slug).accession)


def _of_circuit(request: Request, session: SessionDep, circuit: str) -> None:
    """Answer 303 to the citation of a circuit, where that is asked for."""
    if _cited_elsewhere(request):
        named = select(Circuit.accession).where(or_(Circuit.slug == circuit, Circuit.accession == circuit))
        accession = session.scalar(named)
        # What does not exist is refused by the route itself, which knows the near names.
        if accession is not None:
            _see(request, accession)


def _see(request: Request, accession: str) -> None:
    style = _cited_elsewhere(request)
    if style:
        raise SeeOther(f"/api/v1/entries/{accession}/{style}")


CITED_BY_ACCESSION = Depends(_of_accession)
CITED_HEAD_TYPE = Depends(_of_head_type)
CITED_CIRCUIT = Depends(_of_circuit)
