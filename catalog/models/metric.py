"""Definitions of numbers. Six definitions of an induction score are six metrics."""

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.models.base import Base, one_of, reference
from catalog.models.paper import Paper
from catalog.vocabulary import Direction


class Metric(Base):
    """One definition, in one version, of a number about a head."""

    __tablename__ = "metrics"
    __table_args__ = (
        one_of("direction", Direction),
        UniqueConstraint("slug", "version"),
        CheckConstraint("range_low IS NULL OR range_high IS NULL OR range_low < range_high", name="range_ordered"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(96), index=True)
    version: Mapped[int] = mapped_column(default=1)
    name: Mapped[str]
    definition: Mapped[str]
    unit: Mapped[str]
    """attention mass, logits, nats per token, share, rank, category …"""
    range_low: Mapped[float | None]
    range_high: Mapped[float | None]
    direction: Mapped[Direction] = mapped_column(String(8))
    chance: Mapped[str | None]
    """What a head that does nothing of the kind would score."""
    formula: Mapped[str | None]
    tolerance: Mapped[float | None]
    """Largest difference at which two runs still agree."""
    paper_id: Mapped[int | None] = reference("papers.id")
    code: Mapped[str | None]
    """Where the number is computed: our detector, or the authors' file."""

    paper: Mapped[Paper | None] = relationship(lazy="raise")
