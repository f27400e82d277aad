"""Other people's taxonomies of heads, entry by entry, beside ours."""

from typing import Any

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.models.base import Base, one_of, reference
from catalog.models.head_type import HeadType
from catalog.vocabulary import Match


class ExternalTaxonomy(Base):
    """A naming convention of another party, with the attribution that its licence asks for."""

    __tablename__ = "external_taxonomies"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[str]
    author: Mapped[str]
    year: Mapped[int]
    version: Mapped[str]
    repository: Mapped[str]
    commit: Mapped[str] = mapped_column(String(64))
    licence: Mapped[str]
    licence_url: Mapped[str]
    changes: Mapped[str]
    """What we changed: CC BY asks for it."""
    notes: Mapped[dict[str, Any]]

    entries: Mapped[list["ExternalTaxonomyEntry"]] = relationship(lazy="raise", order_by="ExternalTaxonomyEntry.name")


class ExternalTaxonomyEntry(Base):
    """One name of another taxonomy."""

    __tablename__ = "external_taxonomy_entries"
    __table_args__ = (
        CheckConstraint("depth_low >= 0 AND depth_low <= depth_high AND depth_high <= 1", name="depth_range"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    taxonomy_id: Mapped[int] = reference("external_taxonomies.id")
    slug: Mapped[str] = mapped_column(String(96), unique=True)
    name: Mapped[str]
    stack: Mapped[str]
    depth_category: Mapped[str]
    depth_low: Mapped[float]
    """Layer over number of layers."""
    depth_high: Mapped[float]
    aliases: Mapped[list[str]]

    matches: Mapped[list["CrosswalkMatch"]] = relationship(lazy="raise")


class CrosswalkMatch(Base):
    """A name of another taxonomy fits a head type, more or less; an entry without a row has no counterpart."""

    __tablename__ = "crosswalk_matches"
    __table_args__ = (one_of("match", Match), UniqueConstraint("entry_id", "head_type_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = reference("external_taxonomy_entries.id")
    head_type_id: Mapped[int] = reference("head_types.id")
    match: Mapped[Match] = mapped_column(String(8))
    note: Mapped[str | None]

    entry: Mapped[ExternalTaxonomyEntry] = relationship(lazy="raise", back_populates="matches")
    head_type: Mapped[HeadType] = relationship(lazy="raise")
