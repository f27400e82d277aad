"""Which source puts which head type into which stage."""

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.models.base import Base, one_of, reference
from catalog.models.head_type import HeadType
from catalog.models.paper import Paper
from catalog.models.stage import Stage, StageFunction
from catalog.vocabulary import Confidence


class StageAssignment(Base):
    """A source puts a head type into a stage; sources disagree, and both rows stay.

    A paper makes the assignment, or the catalog's curators do where no paper has: then there is no paper, and the
    confidence says how sure they are.
    """

    __tablename__ = "stage_assignments"
    __table_args__ = (
        one_of("confidence", Confidence),
        CheckConstraint("asserted_by IN ('paper', 'curator')", name="asserted_by_known"),
        CheckConstraint("(asserted_by = 'paper') = (paper_id IS NOT NULL)", name="paper_or_curator"),
        UniqueConstraint("head_type_id", "stage_id", "asserted_by", "paper_id", "basis"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    head_type_id: Mapped[int] = reference("head_types.id")
    stage_id: Mapped[int] = reference("stages.id")
    stage_function_id: Mapped[int | None] = reference("stage_functions.id")
    asserted_by: Mapped[str] = mapped_column(String(8))
    paper_id: Mapped[int | None] = reference("papers.id")
    basis: Mapped[str] = mapped_column(String(255))
    """Figure, table or sentence of the source."""
    confidence: Mapped[Confidence] = mapped_column(String(8), default=Confidence.HIGH)

    head_type: Mapped[HeadType] = relationship(lazy="raise")
    stage: Mapped[Stage] = relationship(lazy="raise")
    stage_function: Mapped[StageFunction | None] = relationship(lazy="raise")
    paper: Mapped[Paper | None] = relationship(lazy="raise")
