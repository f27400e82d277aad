"""Circuits in every variant that a source gives."""

from dataclasses import dataclass
from typing import Any

from pydantic import Field
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from catalog.models import Circuit, CircuitNode, CircuitRole, CircuitVariant, LanguageModel, Paper
from catalog.notation import HeadRef
from catalog.queries.citable import one_entry, select_published
from catalog.queries.head_type import resolve_head_type
from catalog.queries.language_model import ids_of_language_model
from catalog.queries.names import as_filter, id_of, mentions, near_names
from catalog.queries.page import Page, PageRequest, paginate, sort_field

SORTS: dict[str, Any] = {"slug": Circuit.slug, "name": Circuit.name, "accession": Circuit.accession}


class CircuitQuery(PageRequest):
    """Which circuits to list."""

    q: str | None = Field(default=None, max_length=200, description="Text in slug, name or task.")
    language_model: str | None = Field(
        default=None, max_length=200, description="Hub id (all revisions) or slug of the language model."
    )
    paper: str | None = Field(default=None, max_length=96, description="Slug of the source.")
    head_type: str | None = Field(default=None, max_length=128, description="Head type that a role stands for.")
    sort: str = sort_field(SORTS, "slug")


@dataclass(frozen=True, slots=True)
class CircuitRow:
    """A circuit in a list."""

    circuit: Circuit
    n_variants: int


@dataclass(frozen=True, slots=True)
class CircuitMembership:
    """A head belongs to a variant of a circuit."""

    circuit: Circuit
    variant: CircuitVariant
    role: CircuitRole | None
    """None where the source gives the head no role."""


def find_circuits(session: Session, query: CircuitQuery | None = None) -> Page[CircuitRow]:
    """Circuits that match a query.

    Raises:
        InvalidQueryError: A filter names something that does not exist, or sort or cursor cannot be used.
    """
    query = query or CircuitQuery()
    n_variants = (
        select(func.count(CircuitVariant.id))
        .where(CircuitVariant.circuit_id == Circuit.id)
        .correlate(Circuit)
        .scalar_subquery()
    )
    statement = select_published(Circuit).add_columns(n_variants)
    if query.q is not None:
        statement = statement.where(mentions(query.q, Circuit.slug, Circuit.name, Circuit.task))
    if query.language_model is not None:
        ids = as_filter("language_model", ids_of_language_model, session, query.language_model)
        statement = statement.where(Circuit.language_model_id.in_(ids))
    if query.paper is not None:
        paper_id = as_filter("paper", id_of, session, "paper", query.paper, Paper.slug)
        statement = statement.where(Circuit.paper_id == paper_id)
    if query.head_type is not None:
        head_type = as_filter("head_type", resolve_head_type, session, query.head_type)
        in_role = select(CircuitVariant.circuit_id).join(CircuitVariant.roles)
        statement = statement.where(Circuit.id.in_(in_role.where(CircuitRole.head_type_id == head_type.id)))
    return paginate(
        session,
        statement,
        query,
        sorts=SORTS,
        key=[Circuit.id],
        read=lambda row: CircuitRow(row[0], row[1]),
        options=[joinedload(Circuit.language_model), joinedload(Circuit.paper)],
    )


def get_circuit(session: Session, name: str) -> Circuit:
    """One circuit by accession or slug, with variants, roles, nodes and edges.

    Raises:
        NotFoundError: There is no such circuit.
        WithdrawnError: It was withdrawn.
    """
    variants = selectinload(Circuit.variants)
    statement = (
        select(Circuit)
        .where(or_(Circuit.accession == name, Circuit.slug == name))
        .options(
            joinedload(Circuit.language_model),
            joinedload(Circuit.paper),
            variants.selectinload(CircuitVariant.roles).joinedload(CircuitRole.head_type),
            variants.selectinload(CircuitVariant.nodes).joinedload(CircuitNode.role).joinedload(CircuitRole.head_type),
            variants.selectinload(CircuitVariant.edges),
        )
    )
    return one_entry(session, "circuit", name, statement, near=lambda: _near(session, name))


def find_memberships(session: Session, language_model: LanguageModel, head: HeadRef) -> list[CircuitMembership]:
    """Circuits, variants and roles in which a head appears."""
    statement = (
        select(Circuit, CircuitVariant, CircuitRole)
        .select_from(CircuitNode)
        .join(CircuitVariant, CircuitVariant.id == CircuitNode.variant_id)
        .join(Circuit, Circuit.id == CircuitVariant.circuit_id)
        .outerjoin(CircuitRole, CircuitRole.id == CircuitNode.role_id)
        .where(
            Circuit.language_model_id == language_model.id,
            CircuitNode.layer == head.layer,
            CircuitNode.head == head.head,
            Circuit.id.in_(select_published(Circuit).with_only_columns(Circuit.id)),
        )
        .order_by(Circuit.slug, CircuitVariant.position, CircuitNode.id)
        .options(joinedload(Circuit.language_model), joinedload(Circuit.paper), joinedload(CircuitRole.head_type))
    )
    return [CircuitMembership(row[0], row[1], row[2]) for row in session.execute(statement)]


def _near(session: Session, name: str) -> list[str]:
    names = session.execute(select_published(Circuit).with_only_columns(Circuit.slug, Circuit.accession))
    return near_names(name, [each for row in names for each in row])
