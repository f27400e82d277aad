"""Named sets of heads with roles and edges, in every variant that a source gives."""

from typing import Any

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.models.base import Base, Citable, citable_constraints, index_range, reference
from catalog.models.head_type import HeadType
from catalog.models.language_model import LanguageModel
from catalog.models.paper import Paper


class Circuit(Citable, Base):
    """A circuit: named heads with roles for one task in one language model."""

    __tablename__ = "circuits"
    __table_args__ = citable_constraints()

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(96), unique=True)
    name: Mapped[str]
    task: Mapped[str]
    language_model_id: Mapped[int] = reference("language_models.id")
    paper_id: Mapped[int] = reference("papers.id")
    n_heads_published: Mapped[int | None]
    """How many heads the source counts, which may differ from how many it lists."""
    locator: Mapped[str]
    edge_source: Mapped[str | None]
    edge_note: Mapped[str | None]
    """Why edges are missing or simplified."""

    language_model: Mapped[LanguageModel] = relationship(lazy="raise")
    paper: Mapped[Paper] = relationship(lazy="raise")
    variants: Mapped[list["CircuitVariant"]] = relationship(lazy="raise", order_by="CircuitVariant.position")


class CircuitVariant(Base):
    """One reading of a circuit: the authors' own (position 0), or another source's that differs from it."""

    __tablename__ = "circuit_variants"
    __table_args__ = (
        UniqueConstraint("circuit_id", "position"),
        UniqueConstraint("circuit_id", "name"),
        CheckConstraint("position >= 0", name="position_from_zero"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    circuit_id: Mapped[int] = reference("circuits.id")
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(160))
    locator: Mapped[str]
    note: Mapped[str | None]
    has_head_list: Mapped[bool] = mapped_column(default=True)
    """Whether the source's own list was read; some variants are known only by what they change."""

    roles: Mapped[list["CircuitRole"]] = relationship(lazy="raise", order_by="CircuitRole.position")
    nodes: Mapped[list["CircuitNode"]] = relationship(lazy="raise", order_by="CircuitNode.layer, CircuitNode.head")
    edges: Mapped[list["CircuitEdge"]] = relationship(lazy="raise", order_by="CircuitEdge.position")


class CircuitRole(Base):
    """A group of heads that do the same thing in a circuit."""

    __tablename__ = "circuit_roles"
    __table_args__ = (UniqueConstraint("variant_id", "slug"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    variant_id: Mapped[int] = reference("circuit_variants.id")
    position: Mapped[int]
    slug: Mapped[str] = mapped_column(String(64))
    published_name: Mapped[str | None]
    head_type_id: Mapped[int | None] = reference("head_types.id")
    """The head type that the role stands for, where there is one."""
    active_at: Mapped[str | None]
    """Token position at which the heads act."""
    mlps: Mapped[list[Any]]
    """Layers whose MLP belongs to the role."""
    note: Mapped[str | None]

    head_type: Mapped[HeadType | None] = relationship(lazy="raise")


class CircuitNode(Base):
    """A head belongs to a circuit, in a role where the source gives one."""

    __tablename__ = "circuit_nodes"
    __table_args__ = (
        *index_range("layer", "head"),
        UniqueConstraint("variant_id", "role_id", "layer", "head"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    variant_id: Mapped[int] = reference("circuit_variants.id")
    role_id: Mapped[int | None] = reference("circuit_roles.id")
    layer: Mapped[int]
    head: Mapped[int]

    role: Mapped[CircuitRole | None] = relationship(lazy="raise")


class CircuitEdge(Base):
    """Information flows from one node or role to another, through query, key or value where stated."""

    __tablename__ = "circuit_edges"
    __table_args__ = (UniqueConstraint("variant_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    variant_id: Mapped[int] = reference("circuit_variants.id")
    position: Mapped[int]
    source: Mapped[str] = mapped_column(String(64))
    """A role's slug, a head (L0H5), an MLP (MLP17), `input` or `output`."""
    target: Mapped[str] = mapped_column(String(64))
    via: Mapped[str | None] = mapped_column(String(16))
    """Which of q, k, v of the target is written to."""
    token_position: Mapped[str | None]
    note: Mapped[str | None]
