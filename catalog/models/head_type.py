"""Kinds of head named in the literature, their other names and how they relate."""

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.models.base import Base, Citable, citable_constraints, one_of, reference
from catalog.models.paper import Paper
from catalog.vocabulary import Confidence, LayerBand, Origin, Relation, Tier


class HeadType(Citable, Base):
    """A kind of attention head named in the literature."""

    __tablename__ = "head_types"
    __table_args__ = (
        one_of("origin", Origin),
        one_of("definition_confidence", Confidence),
        one_of("tier", Tier),
        *citable_constraints(),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str]
    definition: Mapped[str]
    definition_confidence: Mapped[Confidence] = mapped_column(String(8))
    input_feature: Mapped[str | None]
    """What the head reads, in the survey's terms."""
    output_feature: Mapped[str | None]
    """What the head writes."""
    task: Mapped[str | None]
    """The one task on which the type is defined, where there is one."""
    origin: Mapped[Origin] = mapped_column(String(24))
    tier: Mapped[Tier | None] = mapped_column(String(2))
    """What it takes to test for it; empty where no protocol has been written down."""
    note: Mapped[str | None]

    aliases: Mapped[list["HeadTypeAlias"]] = relationship(lazy="raise", order_by="HeadTypeAlias.name")
    layer_ranges: Mapped[list["HeadTypeLayerRange"]] = relationship(lazy="raise")
    papers: Mapped[list["HeadTypePaper"]] = relationship(lazy="raise")
    families: Mapped[list["HeadTypeFamily"]] = relationship(lazy="raise")
    relations: Mapped[list["HeadTypeRelation"]] = relationship(
        lazy="raise", foreign_keys="HeadTypeRelation.source_id", back_populates="source"
    )
    incoming_relations: Mapped[list["HeadTypeRelation"]] = relationship(
        lazy="raise", foreign_keys="HeadTypeRelation.target_id", back_populates="target"
    )


class HeadTypeAlias(Base):
    """Another published name of a head type; one name may belong to several."""

    __tablename__ = "head_type_aliases"
    __table_args__ = (UniqueConstraint("head_type_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    head_type_id: Mapped[int] = reference("head_types.id")
    name: Mapped[str] = mapped_column(String(128))
    normalised: Mapped[str] = mapped_column(String(128), index=True)
    """Lower-case words joined by `_`, without a final `head`: what a search compares."""
    source: Mapped[str]
    """Who uses the name: a paper's identifier, the survey, its repository, another taxonomy."""


class HeadTypeLayerRange(Base):
    """A source places a head type in a part of the depth; sources may disagree."""

    __tablename__ = "head_type_layer_ranges"
    __table_args__ = (one_of("band", LayerBand), UniqueConstraint("head_type_id", "band", "basis"))

    id: Mapped[int] = mapped_column(primary_key=True)
    head_type_id: Mapped[int] = reference("head_types.id")
    band: Mapped[LayerBand] = mapped_column(String(8))
    basis: Mapped[str] = mapped_column(String(255))
    """Figure or sentence of the survey."""


class HeadTypePaper(Base):
    """A paper describes a head type, or uses its name in another sense."""

    __tablename__ = "head_type_papers"
    __table_args__ = (
        UniqueConstraint("head_type_id", "paper_id"),
        CheckConstraint("sense IN ('same', 'other')", name="sense_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    head_type_id: Mapped[int] = reference("head_types.id")
    paper_id: Mapped[int] = reference("papers.id")
    via: Mapped[list[str]]
    """Where the link was read: taxonomy figure, text, repository tag, finding."""
    sense: Mapped[str] = mapped_column(String(8), default="same")
    note: Mapped[str | None]

    paper: Mapped[Paper] = relationship(lazy="raise")
    head_type: Mapped[HeadType] = relationship(lazy="raise", back_populates="papers")


class HeadTypeFamily(Base):
    """A source says that a head type was seen in a family of language models."""

    __tablename__ = "head_type_families"
    __table_args__ = (UniqueConstraint("head_type_id", "family"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    head_type_id: Mapped[int] = reference("head_types.id")
    family: Mapped[str] = mapped_column(String(32), index=True)
    basis: Mapped[str]
    is_disputed: Mapped[bool] = mapped_column(default=False)


class HeadTypeRelation(Base):
    """One head type relates to another, on a stated basis."""

    __tablename__ = "head_type_relations"
    __table_args__ = (
        one_of("relation", Relation),
        CheckConstraint("source_id <> target_id", name="not_to_itself"),
        CheckConstraint("basis IN ('survey_text', 'survey_figure', 'readme', 'paper', 'curator')", name="basis_known"),
        UniqueConstraint("source_id", "target_id", "relation", "basis"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = reference("head_types.id")
    target_id: Mapped[int] = reference("head_types.id")
    relation: Mapped[Relation] = mapped_column(String(32))
    basis: Mapped[str] = mapped_column(String(16))
    note: Mapped[str | None]

    source: Mapped[HeadType] = relationship(lazy="raise", foreign_keys=[source_id], back_populates="relations")
    target: Mapped[HeadType] = relationship(lazy="raise", foreign_keys=[target_id], back_populates="incoming_relations")
