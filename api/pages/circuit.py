"""Circuits: the filtered list, and the page of one with every variant drawn."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.dependencies import SessionDep
from api.pages.drawings.circuit_graph import circuit_graph
from api.pages.filters import read_query
from api.pages.rendering import Head, bibtex_address, head_name, render, segment
from api.pages.signposts import signposted, tags_of
from catalog.models import Circuit
from catalog.queries.circuit import CircuitQuery, find_circuits, get_circuit

router = APIRouter()


@router.get("/circuits")
def list_page(request: Request, session: SessionDep) -> HTMLResponse:
    """All circuits."""
    query, given = read_query(request, CircuitQuery)
    return render(
        request,
        "pages/circuits.html",
        Head("Circuits", "Named sets of heads with roles and edges, for one task in one language model.", "/circuits"),
        page=find_circuits(session, query),
        query=given,
    )


@router.get("/circuits/{name}")
def entry_page(request: Request, session: SessionDep, name: str) -> Response:
    """One circuit, by accession; its slug leads there too."""
    circuit = get_circuit(session, name)
    if name != circuit.accession:
        return RedirectResponse(f"/circuits/{circuit.accession}", status_code=307)
    page = render(
        request,
        "pages/circuit.html",
        Head(
            f"{circuit.name} of {circuit.language_model.name} ({circuit.accession})",
            f"{circuit.name}: heads, roles and edges for {circuit.task} in {circuit.language_model.name}.",
            f"/circuits/{circuit.accession}",
            citation=tags_of(request, session, circuit),
            bibtex=bibtex_address(circuit),
            data=f"/api/v1/circuits/{circuit.accession}",
            trail=[
                ("Circuits", "/circuits"),
                (circuit.language_model.name, f"/language-models/{segment(circuit.language_model.slug)}"),
            ],
        ),
        circuit=circuit,
        graphs=[(variant, circuit_graph(variant)) for variant in circuit.variants],
        differences=_differences(circuit),
    )
    return signposted(request, page, circuit)


def _differences(circuit: Circuit) -> list[tuple[str, list[bool]]]:
    """Heads on which the variants that list heads disagree: name, and for each variant whether it has the head."""
    listed: list[set[tuple[int, int]]] = [
        {(node.layer, node.head) for node in variant.nodes} for variant in circuit.variants if variant.has_head_list
    ]
    if len(listed) < 2:
        return []
    contested = set[tuple[int, int]]().union(*listed) - listed[0].intersection(*listed)
    return [(head_name(layer, head), [(layer, head) in heads for heads in listed]) for layer, head in sorted(contested)]
