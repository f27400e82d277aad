"""What the JSON of a circuit holds."""

from typing import Any, Self

from pydantic import Field

from api.schemas.base import Entry, Links, Record
from api.schemas.refs import CircuitRef, HeadTypeRef, LanguageModelRef, PaperRef
from catalog import models
from catalog.notation import HeadRef
from catalog.queries.circuit import CircuitMembership, CircuitRow


class CircuitRecord(Entry):
    """Named heads with roles for one task in one language model."""

    slug: str = Field(description="Permanent name of the circuit.")
    name: str = Field(description="Name for people.")
    task: str = Field(description="The task.")
    language_model: LanguageModelRef = Field(description="Where it was found.")
    paper: PaperRef = Field(description="Who found it.")
    n_heads_published: int | None = Field(description="Heads that the source counts; null where it does not.")
    locator: str = Field(description="Place in the source.")
    edge_source: str | None = Field(description="Where edges were read; null where there are none.")
    edge_note: str | None = Field(description="Why edges are missing or simplified; null where they are not.")
    n_variants: int = Field(description="Readings of the circuit.", ge=0)

    @classmethod
    def of(cls, row: CircuitRow, links: Links) -> Self:
        """A circuit in a list."""
        return cls.read(row.circuit, **_common(row.circuit, row.n_variants, links))


class CircuitRoleRecord(Record):
    """A group of heads that do the same thing."""

    slug: str = Field(description="Name of the role within the variant.")
    published_name: str | None = Field(description="What the source calls it; null where it has no name.")
    head_type: HeadTypeRef | None = Field(description="Head type that it stands for; null where there is none.")
    active_at: str | None = Field(description="Token position at which the heads act; null where not stated.")
    heads: list[str] = Field(description="Its heads as `L5H1`.")
    mlps: list[Any] = Field(description="Layers whose MLP belongs to it.")
    note: str | None = Field(description="What else is to know; null where nothing is.")


class CircuitEdgeRecord(Record):
    """Information flows from one node or role to another."""

    source: str = Field(description="A role, a head, an MLP, `input` or `output`.")
    target: str = Field(description="A role, a head, an MLP, `input` or `output`.")
    via: str | None = Field(description="Which of q, k, v of the target is written to; null where not stated.")
    token_position: str | None = Field(description="Where; null where not stated.")
    note: str | None = Field(description="What else is to know; null where nothing is.")


class CircuitVariantRecord(Record):
    """One reading of a circuit: the authors' own first, then those of other sources that differ."""

    position: int = Field(description="0 for the authors' own reading.")
    name: str = Field(description="Name of the reading.")
    locator: str = Field(description="Place in the source.")
    note: str | None = Field(description="What else is to know; null where nothing is.")
    has_head_list: bool = Field(description="Whether the source's own list was read.")
    roles: list[CircuitRoleRecord] = Field(description="Roles, each with its heads.")
    heads_without_role: list[str] = Field(description="Heads to which the source gives no role, as `L5H1`.")
    edges: list[CircuitEdgeRecord] = Field(description="Edges; empty where none were read.")

    @classmethod
    def of(cls, variant: models.CircuitVariant, links: Links) -> Self:
        """A variant with its roles, heads and edges."""
        heads: dict[int | None, list[str]] = {}
        for node in variant.nodes:
            heads.setdefault(node.role_id, []).append(str(HeadRef(node.layer, node.head)))
        roles = [
            CircuitRoleRecord.read(
                role,
                head_type=HeadTypeRef.of(role.head_type, links) if role.head_type else None,
                heads=heads.get(role.id, []),
            )
            for role in variant.roles
        ]
        edges = [CircuitEdgeRecord.read(edge) for edge in variant.edges]
        return cls.read(variant, roles=roles, heads_without_role=heads.get(None, []), edges=edges)


class CircuitDetailRecord(CircuitRecord):
    """One circuit in all its variants."""

    variants: list[CircuitVariantRecord] = Field(description="Readings, the authors' own first.")

    @classmethod
    def from_row(cls, circuit: models.Circuit, links: Links) -> Self:
        """A circuit with its variants."""
        variants = [CircuitVariantRecord.of(each, links) for each in circuit.variants]
        return cls.read(circuit, **_common(circuit, len(variants), links), variants=variants)


class CircuitMembershipRecord(Record):
    """A head belongs to a variant of a circuit."""

    circuit: CircuitRef = Field(description="The circuit.")
    variant: str = Field(description="Name of the reading.")
    role: str | None = Field(description="Role in it; null where the source gives none.")
    head_type: HeadTypeRef | None = Field(description="Head type that the role stands for; null where there is none.")

    @classmethod
    def of(cls, membership: CircuitMembership, links: Links) -> Self:
        """A membership seen from the head."""
        role = membership.role
        return cls(
            circuit=CircuitRef.of(membership.circuit, links),
            variant=membership.variant.name,
            role=role.slug if role else None,
            head_type=HeadTypeRef.of(role.head_type, links) if role and role.head_type else None,
        )


def _common(circuit: models.Circuit, n_variants: int, links: Links) -> dict[str, Any]:
    return {
        **links.entry("circuits", circuit.accession, circuit),
        "language_model": LanguageModelRef.of(circuit.language_model, links),
        "paper": PaperRef.of(circuit.paper, links),
        "n_variants": n_variants,
    }
