"""Circuits: their heads and edges."""

import re

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from catalog.checks.rule import Rule
from catalog.models import Circuit, CircuitNode, CircuitVariant, LanguageModel
from catalog.notation import HeadRef

_MLP = re.compile(r"MLP\d+")


def heads_exist(session: Session) -> list[str]:
    """A circuit names heads that its language model has."""
    rows = session.execute(
        select(Circuit.slug, CircuitVariant.name, CircuitNode.layer, CircuitNode.head)
        .join(CircuitVariant, CircuitVariant.id == CircuitNode.variant_id)
        .join(Circuit, Circuit.id == CircuitVariant.circuit_id)
        .join(LanguageModel, LanguageModel.id == Circuit.language_model_id)
        .where(or_(CircuitNode.layer >= LanguageModel.n_layers, CircuitNode.head >= LanguageModel.n_heads))
        .order_by(Circuit.slug, CircuitVariant.position, CircuitNode.layer, CircuitNode.head)
    )
    return [f"{slug}, {variant}: {HeadRef(layer, head)}" for slug, variant, layer, head in rows]


def edges_name_what_exists(session: Session) -> list[str]:
    """An edge joins roles or heads of its variant, MLPs, the input or the output."""
    found = []
    statement = (
        select(CircuitVariant, Circuit.slug)
        .join(Circuit, Circuit.id == CircuitVariant.circuit_id)
        .options(
            selectinload(CircuitVariant.roles),
            selectinload(CircuitVariant.nodes),
            selectinload(CircuitVariant.edges),
        )
        .order_by(Circuit.slug, CircuitVariant.position)
    )
    for variant, slug in session.execute(statement):
        known = {"input", "output"} | {role.slug for role in variant.roles}
        known |= {str(HeadRef(node.layer, node.head)) for node in variant.nodes}
        for edge in variant.edges:
            unknown = [end for end in (edge.source, edge.target) if end not in known and not _MLP.fullmatch(end)]
            if unknown:
                found.append(f"{slug}, {variant.name}: {edge.source} → {edge.target} names {', '.join(unknown)}")
    return found


def head_lists_are_there(session: Session) -> list[str]:
    """A variant that claims a head list has at least one head or MLP, and one that claims none has none."""
    found = []
    statement = (
        select(CircuitVariant, Circuit.slug)
        .join(Circuit, Circuit.id == CircuitVariant.circuit_id)
        .options(selectinload(CircuitVariant.roles), selectinload(CircuitVariant.nodes))
        .order_by(Circuit.slug, CircuitVariant.position)
    )
    for variant, slug in session.execute(statement):
        is_filled = bool(variant.nodes) or any(role.mlps for role in variant.roles)
        if is_filled != variant.has_head_list:
            found.append(f"{slug}, {variant.name}: {len(variant.nodes)} heads")
    return found


RULES = (Rule(heads_exist), Rule(edges_name_what_exists), Rule(head_lists_are_there))
