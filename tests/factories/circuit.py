"""Circuits for tests."""

from typing import Any

from sqlalchemy.orm import Session

from catalog.models import Circuit, CircuitEdge, CircuitNode, CircuitRole, CircuitVariant, HeadType, LanguageModel
from catalog.notation import Accession, HeadRef
from catalog.vocabulary import EntryKind
from tests.factories.counter import fresh
from tests.factories.language_model import make_language_model
from tests.factories.paper import make_paper


def make_circuit(
    session: Session,
    *,
    roles: dict[str, list[str]] | None = None,
    head_type: HeadType | None = None,
    language_model: LanguageModel | None = None,
    **changes: Any,
) -> Circuit:
    """A circuit of one variant; `roles` names the heads of each role, and all roles stand for `head_type`."""
    n = fresh()
    circuit = Circuit(
        **{
            "accession": Accession(EntryKind.CIRCUIT, n).base,
            "slug": f"circuit_{n}",
            "name": f"Circuit {n}",
            "task": "a task",
            "language_model_id": (language_model or make_language_model(session)).id,
            "paper_id": make_paper(session).id,
            "locator": "figure 2",
        }
        | changes
    )
    session.add(circuit)
    session.flush()
    variant = CircuitVariant(circuit_id=circuit.id, position=0, name="main reading", locator="figure 2")
    session.add(variant)
    session.flush()
    for position, (slug, heads) in enumerate((roles or {"mover": ["L1H2"]}).items()):
        role = CircuitRole(
            variant_id=variant.id,
            position=position,
            slug=slug,
            mlps=[],
            head_type_id=head_type.id if head_type else None,
        )
        session.add(role)
        session.flush()
        for head in map(HeadRef.parse, heads):
            session.add(CircuitNode(variant_id=variant.id, role_id=role.id, layer=head.layer, head=head.head))
        session.add(CircuitEdge(variant_id=variant.id, position=position, source=slug, target="output"))
    session.flush()
    return circuit
