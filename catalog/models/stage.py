"""The four stages of reasoning as a graph (arXiv:2409.03752)."""

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.models.base import Base, one_of, reference
from catalog.vocabulary import Stage as StageName
from catalog.vocabulary import Standing


class Stage(Base):
    """One of the four stages of reasoning."""

    __tablename__ = "stages"
    __table_args__ = (
        one_of("slug", StageName),
        CheckConstraint("position BETWEEN 1 AND 4", name="position_range"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[StageName] = mapped_column(String(32), unique=True)
    code: Mapped[str] = mapped_column(String(4), unique=True)
    """The survey's abbreviation: KR, ICI, LR, EP."""
    name: Mapped[str]
    position: Mapped[int] = mapped_column(unique=True)
    """Order of telling; the stages form a graph, not a line."""
    definition: Mapped[str]
    head_role: Mapped[str]
    human_analogue: Mapped[str]
    human_analogue_label: Mapped[str]
    brain_terms: Mapped[list[str]]
    layer_span_first: Mapped[str]
    layer_span_last: Mapped[str]
    layer_span_basis: Mapped[str]
    is_optional: Mapped[bool] = mapped_column(default=False)
    optional_note: Mapped[str | None]

    functions: Mapped[list["StageFunction"]] = relationship(lazy="raise", order_by="StageFunction.position")


class StageFunction(Base):
    """A sub-function of a stage, or a kind of one (task recognition and task learning)."""

    __tablename__ = "stage_functions"
    __table_args__ = (UniqueConstraint("stage_id", "slug"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    stage_id: Mapped[int] = reference("stages.id")
    parent_id: Mapped[int | None] = reference("stage_functions.id")
    """Set for a kind; empty for the eleven functions."""
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str]
    definition: Mapped[str]
    position: Mapped[int]
    task_formats: Mapped[list[str]]


class StageTransition(Base):
    """A source says that one stage leads, or does not lead, to another."""

    __tablename__ = "stage_transitions"
    __table_args__ = (
        one_of("standing", Standing),
        CheckConstraint("source_id <> target_id", name="not_to_itself"),
        UniqueConstraint("source_id", "target_id", "standing"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = reference("stages.id")
    target_id: Mapped[int] = reference("stages.id")
    standing: Mapped[Standing] = mapped_column(String(16))
    carries: Mapped[str | None]
    """What is handed on, where the source says so."""
    basis: Mapped[str]
    """Figure or sentence of the source."""
    note: Mapped[str | None]

    source: Mapped[Stage] = relationship(lazy="raise", foreign_keys=[source_id])
    target: Mapped[Stage] = relationship(lazy="raise", foreign_keys=[target_id])
